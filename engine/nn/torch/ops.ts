import type { Tensor } from '../../native/tensor.ts';
import type { ConvOptions, Ops } from '../ops.ts';
import { type AttentionState, attend } from './attention.ts';
import type { Parameters } from './parameters.ts';
import type { Tape } from './tape.ts';

export interface TorchOpsOptions extends AttentionState {
  /** What the names of weights begin with in `parameters`. */
  readonly prefix: string;
  /** Low-rank adapters' alpha (Hu et al. 2021); their matrices are parameters, `${layer}.lora_A.weight` and `…lora_B…`. */
  readonly adapterAlpha: number;
  /** Where blocks are computed again in the backward pass; null keeps everything. */
  readonly tape: Tape | null;
}

/** The op interface run at once on libtorch, with gradients for the parameters that are trainable. */
export function torchOps(parameters: Parameters, options: Partial<TorchOpsOptions> = {}): Ops<Tensor> {
  const { prefix = '', adapterAlpha = 0, tape = null, layout = null, cache = null } = options;
  const { torch } = parameters;
  const { compute, device } = parameters.options;
  const axisOf = (x: Tensor, axis: number) => (axis < 0 ? axis + x.shape.length : axis);

  const has = (name: string) => parameters.has(`${prefix}${name}`);
  const parameter = (name: string): Tensor => {
    const stored = parameters.get(`${prefix}${name}`);
    return stored.dtype === compute ? stored : torch.cast(stored, compute);
  };
  const optional = (name: string) => (has(name) ? parameter(name) : null);
  const constant = (values: readonly number[], shape: readonly number[]) =>
    torch.toDevice(torch.from(Float32Array.from(values), shape), device, compute);
  /** A convolution with a kernel of one is a linear layer too: [out, in, 1, …]. */
  const matrix = (weight: Tensor) =>
    weight.shape.length === 2 ? weight : torch.reshape(weight, [weight.shape[0]!, -1]);

  const linear = (x: Tensor, name: string): Tensor => {
    const y = torch.linear(x, matrix(parameter(`${name}.weight`)), optional(`${name}.bias`));
    const down = optional(`${name}.lora_A.weight`);
    if (down === null) return y;
    const inner = torch.linear(x, down, null);
    const change = torch.linear(inner, parameter(`${name}.lora_B.weight`), null);
    return torch.add(y, torch.scale(change, adapterAlpha / down.shape[0]!));
  };

  function conv(x: Tensor, name: string, { stride, padding, groups = 1 }: ConvOptions): Tensor {
    const axes = stride.length;
    const before = padding.slice(0, axes);
    const even = before.every((size, i) => size === padding[axes + i]);
    // The last axis comes first in libtorch's list.
    const around = before.flatMap((size, i) => [size, padding[axes + i]!]);
    const pairs = before.flatMap((_, i) => around.slice(2 * (axes - 1 - i), 2 * (axes - i)));
    return torch.convolution(
      even ? x : torch.pad(x, pairs, 0),
      parameter(`${name}.weight`),
      optional(`${name}.bias`),
      stride,
      even ? before : before.map(() => 0),
      before.map(() => 1),
      false,
      before.map(() => 0),
      groups,
    );
  }

  function splitAxis(x: Tensor, axis: number, sizes: readonly number[]): Tensor {
    const at = axisOf(x, axis);
    return torch.reshape(x, [...x.shape.slice(0, at), ...sizes, ...x.shape.slice(at + 1)]);
  }

  return {
    has,
    parameter,
    constant,
    linear,
    linears: (x, names) => names.map((name) => linear(x, name)),
    chunk: (x, count) => {
      const size = x.shape.at(-1)! / count;
      return [
        ...torch.splitSizes(
          x,
          Array.from({ length: count }, () => size),
          -1,
        ),
      ];
    },
    matmul: torch.matmul,
    embedding: (ids, name) => torch.embedding(parameter(`${name}.weight`), ids),
    conv,
    attention: (q, k, v, given) => attend(parameters, q, k, v, given, { layout, cache }),
    block: (x, run) => (tape === null ? run(x) : tape.block(x, run)),

    rmsNorm: (x, name, eps) => torch.rmsNorm(x, [x.shape.at(-1)!], parameter(`${name}.weight`), eps),
    layerNorm: (x, name, eps) =>
      torch.layerNorm(x, [x.shape.at(-1)!], parameter(`${name}.weight`), parameter(`${name}.bias`), eps),
    batchNorm: (x, name, eps) => {
      const of = (part: string) => parameter(`${name}.${part}`);
      const [mean, variance] = [of('running_mean'), of('running_var')];
      return torch.batchNorm(x, of('weight'), of('bias'), mean, variance, false, 0, eps, false);
    },

    gelu: (x, kind) => {
      switch (kind) {
        case 'erf':
          return torch.gelu(x, 'none');
        case 'tanh':
          return torch.gelu(x, 'tanh');
        case 'quick':
          return torch.mul(x, torch.sigmoid(torch.scale(x, 1.702)));
      }
    },
    silu: torch.silu,
    relu6: (x) => torch.clamp(x, 0, 6),
    sigmoid: torch.sigmoid,
    add: torch.add,
    mul: torch.mul,
    softmax: torch.softmax,
    keepTop: (x, k) => {
      const [largest] = torch.topk(x, k, -1);
      const least = torch.slice(largest!, -1, k - 1, k);
      return torch.maskedFill(x, torch.logicalNot(torch.ge(x, least)), 0);
    },
    normaliseSum: (x) => torch.div(x, torch.sum(x, [-1], true)),
    mean: (x, axes) => torch.mean(x, axes, false),
    max: (x, axis) => torch.amax(x, [axis], false),
    averagePool: (x, axis, size) => {
      const at = axisOf(x, axis);
      const from = x.shape[at]!;
      if (from === size) return x;
      const lead = x.shape.slice(0, at);
      const rest = x.shape.slice(at + 1);
      const width = rest.reduce((a, b) => a * b, 1);
      const pooled = torch.adaptiveAveragePool(torch.reshape(x, [-1, from, width]), [size, width]);
      return torch.reshape(pooled, [...lead, size, ...rest]);
    },

    splitAxis,
    mergeAxes: (x, axis, count) => {
      const at = axisOf(x, axis);
      return torch.reshape(x, [...x.shape.slice(0, at), -1, ...x.shape.slice(at + count)]);
    },
    permute: torch.permute,
    concat: torch.cat,
    slice: torch.slice,
    expandLike: (x, axis, like) => {
      const at = axisOf(x, axis);
      return torch.expand(
        x,
        x.shape.map((size, i) => (i === at ? like.shape[at]! : size)),
      );
    },

    normalisePixels: (frames, { mean, std }) => {
      const planes = torch.cast(torch.permute(frames, [0, 3, 1, 2]), compute);
      const perChannel = (values: readonly number[]) => constant(values, [3, 1, 1]);
      const scaled = torch.mul(planes, perChannel(std.map((s) => 1 / (255 * s))));
      return torch.add(scaled, perChannel(std.map((s, i) => -mean[i]! / s)));
    },
  };
}
