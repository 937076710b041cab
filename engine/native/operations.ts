import { type DType, dtypes } from './addon.ts';
import { Tensor } from './tensor.ts';

/** One kind of argument: what it must be, and what the addon takes for it. */
interface Kind<T> {
  readonly what: string;
  check(value: unknown): boolean;
  raw(value: T): unknown;
}

const isInteger = (value: unknown) => Number.isSafeInteger(value);
const isIntegers = (value: unknown) => Array.isArray(value) && value.every(isInteger);
const isTensor = (value: unknown) => value instanceof Tensor;

const tensor: Kind<Tensor> = { what: 'a tensor', check: isTensor, raw: (value) => value.handle };
const optional: Kind<Tensor | null> = {
  what: 'a tensor or null',
  check: (value) => value === null || isTensor(value),
  raw: (value) => value?.handle ?? null,
};
const tensors: Kind<readonly Tensor[]> = {
  what: 'an array of tensors',
  check: (value) => Array.isArray(value) && value.every(isTensor),
  raw: (value) => value.map(({ handle }) => handle),
};
function plain<T>(what: string, check: (value: unknown) => boolean): Kind<T> {
  return { what, check, raw: (value) => value };
}
const integer = plain<number>('a whole number', isInteger);
const end = plain<number | null>('a whole number or null', (value) => value === null || isInteger(value));
const integers = plain<readonly number[]>('an array of whole numbers', isIntegers);
const number = plain<number>('a finite number', Number.isFinite);
const flag = plain<boolean>('true or false', (value) => typeof value === 'boolean');
const dtype = plain<DType>(`one of ${dtypes.join(', ')}`, (value) =>
  (dtypes as readonly unknown[]).includes(value),
);
const nothing = plain<null>('null', (value) => value === null);
function oneOf<T extends string>(...names: readonly T[]): Kind<T> {
  return plain(`one of ${names.join(', ')}`, (value) => (names as readonly unknown[]).includes(value));
}

interface Operation<Given extends readonly unknown[], Result> {
  /** libtorch's schema: name and overload. */
  readonly schema: readonly [name: string, overload: string];
  readonly kinds: { readonly [I in keyof Given]: Kind<Given[I]> };
  readonly result: Result;
}

type Values<Kinds> = { [I in keyof Kinds]: Kinds[I] extends Kind<infer T> ? T : never };

function operation<const Kinds extends readonly Kind<never>[], Result extends 'one' | 'many' | 'none'>(
  schema: string,
  result: Result,
  ...kinds: Kinds
): Operation<Values<Kinds>, Result> {
  const [name = '', overload = ''] = schema.split('.');
  return {
    schema: [`aten::${name}`, overload],
    kinds: kinds as unknown as Operation<Values<Kinds>, Result>['kinds'],
    result,
  };
}

/**
 * The operators of libtorch that this project uses, with the arguments that it gives; the schema's defaults stand for
 * the rest. A new one is a line here.
 */
export const operations = {
  add: operation('add.Tensor', 'one', tensor, tensor),
  sub: operation('sub.Tensor', 'one', tensor, tensor),
  mul: operation('mul.Tensor', 'one', tensor, tensor),
  div: operation('div.Tensor', 'one', tensor, tensor),
  scale: operation('mul.Scalar', 'one', tensor, number),
  ge: operation('ge.Tensor', 'one', tensor, tensor),
  eq: operation('eq.Tensor', 'one', tensor, tensor),
  tril: operation('tril', 'one', tensor),
  maskedFill: operation('masked_fill.Scalar', 'one', tensor, tensor, number),
  clamp: operation('clamp', 'one', tensor, number, number),
  sigmoid: operation('sigmoid', 'one', tensor),
  silu: operation('silu', 'one', tensor),
  gelu: operation('gelu', 'one', tensor, oneOf('none', 'tanh')),
  softmax: operation('softmax.int', 'one', tensor, integer),
  logicalNot: operation('logical_not', 'one', tensor),

  matmul: operation('matmul', 'one', tensor, tensor),
  linear: operation('linear', 'one', tensor, tensor, optional),
  embedding: operation('embedding', 'one', tensor, tensor),
  /** input, weight, bias, stride, padding, dilation, groups; any number of spatial axes. */
  convolution: operation(
    'convolution',
    'one',
    ...([tensor, tensor, optional, integers, integers, integers, flag, integers, integer] as const),
  ),
  pad: operation('constant_pad_nd', 'one', tensor, integers, number),
  /** query, key, value [B, heads, T, d], mask, dropout, causal, scale, grouped heads. */
  attention: operation(
    'scaled_dot_product_attention',
    'one',
    ...([tensor, tensor, tensor, optional, number, flag, nothing, flag] as const),
  ),
  rmsNorm: operation('rms_norm', 'one', tensor, integers, tensor, number),
  layerNorm: operation('layer_norm', 'one', tensor, integers, optional, optional, number),
  /** input, weight, bias, running mean, running variance, training, momentum, eps, cudnn. */
  batchNorm: operation(
    'batch_norm',
    'one',
    ...([tensor, tensor, tensor, tensor, tensor, flag, number, number, flag] as const),
  ),
  /** logits [N, classes], targets int64 [N], class weights, reduction 0 none 1 mean 2 sum, ignored target. */
  crossEntropy: operation('cross_entropy_loss', 'one', tensor, tensor, nothing, integer, integer),

  sum: operation('sum.dim_IntList', 'one', tensor, integers, flag),
  mean: operation('mean.dim', 'one', tensor, integers, flag),
  /** [C, H, W] -> [C, h, w] */
  adaptiveAveragePool: operation('adaptive_avg_pool2d', 'one', tensor, integers),
  amax: operation('amax', 'one', tensor, integers, flag),
  topk: operation('topk', 'many', tensor, integer, integer),

  reshape: operation('reshape', 'one', tensor, integers),
  permute: operation('permute', 'one', tensor, integers),
  transpose: operation('transpose.int', 'one', tensor, integer, integer),
  contiguous: operation('contiguous', 'one', tensor),
  cat: operation('cat', 'one', tensors, integer),
  slice: operation('slice.Tensor', 'one', tensor, integer, integer, end),
  splitSizes: operation('split_with_sizes', 'many', tensor, integers, integer),
  expand: operation('expand', 'one', tensor, integers),
  indexSelect: operation('index_select', 'one', tensor, integer, tensor),
  detach: operation('detach', 'one', tensor),
  cast: operation('to.dtype', 'one', tensor, dtype),
  toDevice: operation(
    'to.device',
    'one',
    tensor,
    plain<string>('a device', (value) => typeof value === 'string'),
    dtype,
  ),
  zerosLike: operation('zeros_like', 'one', tensor),
  copyInto: operation('copy_', 'one', tensor, tensor),

  norms: operation('_foreach_norm.Scalar', 'many', tensors),
  scaleAll: operation('_foreach_mul_.Tensor', 'none', tensors, tensor),
  incrementAll: operation('_foreach_add_.Scalar', 'none', tensors, number),
  stack: operation('stack', 'one', tensors, integer),
  norm: operation('linalg_vector_norm', 'one', tensor),
  /** parameters, gradients, first and second moments, [], steps; lr, beta1, beta2, weight decay, eps, amsgrad, maximise. */
  adamW: operation(
    '_fused_adamw_',
    'none',
    ...([tensors, tensors, tensors, tensors, tensors, tensors] as const),
    ...([number, number, number, number, number, flag, flag] as const),
  ),
} as const;

type Results = { one: Tensor; many: readonly Tensor[]; none: undefined };

/** `operations` as functions. Throws TensorError. */
export type Operations = {
  readonly [Name in keyof typeof operations]: (typeof operations)[Name] extends Operation<
    infer Given,
    infer Result extends keyof Results
  >
    ? (...given: Given) => Results[Result]
    : never;
};
