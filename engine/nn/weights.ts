/** Named weights, in PyTorch's layouts: what an engine needs of a container. */
export interface Weights {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** As float32, row-major. */
  read(name: string): Promise<Float32Array>;
}
