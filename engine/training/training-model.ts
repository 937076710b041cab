import { type Fusion, fuse, parseFusion } from '../models/fusion/fusion.ts';
import { type LlamaConfig, llamaHead, llamaLayers } from '../models/llama.ts';
import { modulePrefixes } from '../models/module-prefixes.ts';
import { type FeatureShape, type Projector, project } from '../models/projectors/projector.ts';
import type { Tensor } from '../native/tensor.ts';
import type { Ops } from '../nn/ops.ts';
import { type TorchOpsOptions, torchOps } from '../nn/torch/ops.ts';
import type { Parameters } from '../nn/torch/parameters.ts';
import type { Weights } from '../nn/weights.ts';

/** Of one pass through the layers: blocks that are computed again, packed rows, earlier rows. */
export type LayersOptions = Partial<Pick<TorchOpsOptions, 'tape' | 'layout' | 'cache'>>;

export interface TrainingModelSpec {
  readonly languageModel: LlamaConfig;
  /** What is trained of each encoder; features come pooled where pooling has no weights, so `shape` is that. */
  readonly encoders: readonly { readonly projector: Projector; readonly shape: FeatureShape }[];
  /** The reference's `feature_fusion`. */
  readonly fusion: string;
  /** Low-rank adapters' alpha; their rank is their matrices'. */
  readonly adapterAlpha: number;
}

/** A model as it is trained: the definition that is served, run on libtorch. */
export interface TrainingModel {
  readonly spec: TrainingModelSpec;
  readonly parameters: Parameters;
  /** One example's features, [frames, tokens, width] of every encoder -> [tokens, hidden] and the encoders' shares [1, encoders]. */
  embedVideo(features: readonly Tensor[]): { readonly value: Tensor; readonly mixing: Tensor | null };
  /** ids [N] -> [N, hidden]. */
  embedTokens(ids: Tensor): Tensor;
  /** [B, T, hidden] -> [B, T, hidden] */
  layers(embeddings: Tensor, options?: LayersOptions): Tensor;
  /** [N, hidden] -> logits [N, vocab]. */
  head(hidden: Tensor): Tensor;
}

/** Throws ExpectedError 'model_unsupported' where the fusion is unknown. */
export function trainingModel(spec: TrainingModelSpec, parameters: Parameters): TrainingModel {
  const { adapterAlpha } = spec;
  const views = spec.encoders.map((encoder, i) => {
    const prefix = modulePrefixes.projector(i);
    return { ...encoder, nn: torchOps(parameters, { prefix }), weights: parameters.within(prefix) };
  });
  const fusionWeights: Weights = parameters.within(modulePrefixes.fusion);
  const fusion: Fusion = parseFusion(spec.fusion, fusionWeights);
  const fusionOps = torchOps(parameters, { prefix: modulePrefixes.fusion });
  const languageModel = (options: LayersOptions): Ops<Tensor> =>
    torchOps(parameters, { ...options, prefix: modulePrefixes.languageModel, adapterAlpha });
  const plain = languageModel({});
  return {
    spec,
    parameters,
    embedVideo(features) {
      const projected = views.map(({ nn, shape, projector, weights }, i) =>
        project(nn, features[i]!, shape, projector, weights),
      );
      return fuse(fusionOps, projected, fusion, spec.languageModel.hidden);
    },
    embedTokens: (ids) => plain.embedding(ids, 'model.embed_tokens'),
    layers: (embeddings, options = {}) => llamaLayers(languageModel(options), spec.languageModel, embeddings),
    head: (hidden) => llamaHead(plain, spec.languageModel, hidden),
  };
}
