import type { RopeConfig } from './rope.ts';

/** How many values an axis keeps, or -1 for "what is left" (once a call). */
export type Sizes = readonly number[];

export interface AttentionOptions {
  readonly heads: number;
  /** Fewer than `heads` for grouped-query attention (Ainslie et al. 2023); equal otherwise. */
  readonly kvHeads: number;
  readonly causal: boolean;
  /** Rotary position embedding of q and k (Su et al. 2021), NeoX layout as in Hugging Face's models. */
  readonly rope?: RopeConfig;
  /** A decoder layer's number: keys and values of earlier calls are kept under it. */
  readonly cacheLayer?: number;
}

export interface ConvOptions {
  /** One entry a spatial axis. */
  readonly stride: Sizes;
  /** Zeros before and after each spatial axis: [before0, before1, …, after0, after1, …]. */
  readonly padding: Sizes;
  readonly groups?: number;
}

/** Channel means and standard deviations, of values 0…1. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/**
 * The operations a model family is written in, once, for every engine that can run it: `nn/onnx` writes a graph
 * from them, `nn/torch` runs them at once and learns. `V` is the engine's own handle of a tensor. Weights are named, never held: `linear(x, 'blocks.0.mlp.fc1')`
 * uses `blocks.0.mlp.fc1.weight` (PyTorch layout, [out, in]) and `.bias` where the source has one.
 * Model code never computes a dynamic size: it splits, merges and permutes axes.
 */
export interface Ops<V> {
  /** True where the weight source has this tensor. */
  has(name: string): boolean;
  /** A weight as it is stored. */
  parameter(name: string): V;
  /** A small constant of the definition itself. */
  constant(values: readonly number[], shape: readonly number[]): V;

  /**
   * A layer of a stack, which an engine that learns may compute twice instead of keeping what is inside. `x` must not be
   * used after it.
   */
  block(x: V, run: (x: V) => V): V;

  /** [..., in] -> [..., out]. */
  linear(x: V, name: string): V;
  /** Several projections of one input, which an engine may run as one: [..., in] -> one [..., out_i] each. */
  linears(x: V, names: readonly string[]): V[];
  /** The last axis cut into `count` equal parts. */
  chunk(x: V, count: number): V[];
  /** Batched product of the last two axes; leading axes broadcast. */
  matmul(a: V, b: V): V;
  /** ids [...] (integers) -> [..., width], rows of `${name}.weight`. */
  embedding(ids: V, name: string): V;
  /** [N, in, ...spatial] -> [N, out, ...]; the number of spatial axes is the weight's rank minus 2. */
  conv(x: V, name: string, options: ConvOptions): V;
  /**
   * q [B, T, heads·d], k and v [B, S, kvHeads·d] -> [B, T, heads·d]; scale 1/sqrt(d).
   * With `cacheLayer` k and v continue those of earlier calls.
   */
  attention(q: V, k: V, v: V, options: AttentionOptions): V;

  /** Root mean square over the last axis (Zhang & Sennrich 2019), times `${name}.weight`. */
  rmsNorm(x: V, name: string, eps: number): V;
  layerNorm(x: V, name: string, eps: number): V;
  /** With running statistics (inference): [N, C, ...]. */
  batchNorm(x: V, name: string, eps: number): V;

  /** `erf` is exact, `tanh` and `quick` (x·σ(1.702x)) are the approximations that some checkpoints were trained with. */
  gelu(x: V, kind: 'erf' | 'tanh' | 'quick'): V;
  silu(x: V): V;
  relu6(x: V): V;
  sigmoid(x: V): V;
  /** Elementwise with broadcasting. */
  add(a: V, b: V): V;
  mul(a: V, b: V): V;
  softmax(x: V, axis: number): V;
  /** Keeps the k largest values of the last axis, zeros elsewhere. */
  keepTop(x: V, k: number): V;
  /** Rows of the last axis divided by their sum. */
  normaliseSum(x: V): V;
  /** Mean over axes, which disappear. */
  mean(x: V, axes: readonly number[]): V;
  /** The largest value along an axis, which disappears. */
  max(x: V, axis: number): V;
  /** Means over `size` windows that cover one axis evenly, of known size: PyTorch's adaptive average pooling. */
  averagePool(x: V, axis: number, size: number): V;

  /** One axis becomes several. */
  splitAxis(x: V, axis: number, sizes: Sizes): V;
  /** `count` neighbouring axes from `axis` on become one. */
  mergeAxes(x: V, axis: number, count: number): V;
  permute(x: V, order: readonly number[]): V;
  concat(xs: readonly V[], axis: number): V;
  /** Half-open, negative counts from the end, `end` null: to the end. */
  slice(x: V, axis: number, start: number, end: number | null): V;
  /** Repeats an axis of size 1 as often as `like` is long there. */
  expandLike(x: V, axis: number, like: V): V;

  /** Levels 0 to 255 [F, H, W, 3] -> pixel values [F, 3, H, W]: (x / 255 − mean) / std. */
  normalisePixels(frames: V, normalisation: Normalisation): V;
}
