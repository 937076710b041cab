import { ExpectedError } from '../contract/errors.ts';

/** Named weights, in PyTorch's layouts: what an engine needs of a container. */
export interface Weights {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** As float32, row-major. */
  read(name: string): Promise<Float32Array>;
}

/** Throws ExpectedError 'model_incomplete' where the checkpoint lacks the tensor. */
export function weightShape(weights: Weights, name: string): readonly number[] {
  const info = weights.tensors.get(name);
  if (info !== undefined) return info.shape;
  throw new ExpectedError(
    'model_incomplete',
    `The model's weights have no tensor ${name}.`,
    'Fetch the whole checkpoint again.',
  );
}
