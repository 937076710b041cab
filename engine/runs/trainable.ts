import { adaptersOf, type TrainConfig, trainsLanguageModel } from '../contract/training.ts';
import { modulePrefixes } from '../models/module-prefixes.ts';
import { average } from '../models/projectors/average.ts';
import type { FeatureShape, Projector } from '../models/projectors/projector.ts';
import type { Torch } from '../native/torch.ts';
import { torchOps } from '../nn/torch/ops.ts';
import { Parameters } from '../nn/torch/parameters.ts';
import { addAdapters } from '../training/adapters.ts';
import { type TrainingModel, trainingModel } from '../training/training-model.ts';
import type { OriginalParts } from './originals.ts';

/** Whether all weights of the language model learn. */
export function trainsWhole({ recipe, method }: TrainConfig): boolean {
  return trainsLanguageModel(recipe) && method.kind === 'full';
}

/**
 * The model on libtorch, with what its recipe trains as trainable parameters. Throws ExpectedError of its weights,
 * 'bad_request' where no layer has the adapters' names, and TensorError 'memory'.
 */
export async function loadTrainable(
  torch: Torch,
  { config: languageModel, languageModel: weights, visual }: OriginalParts,
  config: TrainConfig,
): Promise<TrainingModel> {
  const { precision, device, seed } = config;
  const compute = precision === 'bf16' ? 'bfloat16' : 'float32';
  const parameters = new Parameters(torch, { device, compute, master: 'float32' });
  const whole = trainsWhole(config);
  await parameters.load(weights, modulePrefixes.languageModel, () => whole);
  for (const [i, encoder] of (visual?.encoders ?? []).entries()) {
    await parameters.load(encoder.weights, modulePrefixes.projector(i), () => true);
  }
  const fusion = visual?.fusion ?? { kind: 'first' };
  if ('weights' in fusion) await parameters.load(fusion.weights, modulePrefixes.fusion, () => true);
  const adapter = adaptersOf(config);
  if (adapter !== null) addAdapters(parameters, adapter, seed);
  const encoders = (visual?.encoders ?? []).map(({ projector, shape }) => ({
    projector,
    shape: pooledShape(projector, shape),
  }));
  return trainingModel(
    { languageModel, encoders, fusion: fusion.kind, adapterAlpha: adapter?.alpha ?? 0 },
    parameters,
  );
}

/** Of features after pooling that has no weights: it is done once, before they are kept. */
export function pooledShape(projector: Projector, shape: FeatureShape): FeatureShape {
  return projector.kind === 'average' ? [projector.frames, projector.side ** 2, shape[2]] : shape;
}

/** Names the pooling in the keys of features. */
export function poolName(projector: Projector): string {
  return projector.kind === 'average' ? ` pool ${projector.frames}x${projector.side}` : '';
}

/** Features [frames, tokens, width] after that pooling. Throws a bug where the tokens are no square. */
export function pool(
  torch: Torch,
  projector: Projector,
  [frames, tokens, width]: FeatureShape,
  features: Float32Array,
): Float32Array {
  if (projector.kind !== 'average') return features;
  const side = Math.sqrt(tokens);
  const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  return torch.scope(() => {
    const grid = torch.from(features, [frames, side, side, width]);
    return torch.read(average(torchOps(parameters), grid, projector.frames, projector.side));
  });
}
