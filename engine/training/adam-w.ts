import type { Tensor } from '../native/tensor.ts';
import type { Parameters } from '../nn/torch/parameters.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Of the parameters that decay; the others have none. */
  readonly weightDecay: number;
}

/** The moments of one parameter, as a checkpoint keeps them. */
export interface Moments {
  readonly mean: Tensor;
  readonly square: Tensor;
  /** float32 scalar: how often it was updated. */
  readonly step: Tensor;
}

/** Matrices decay, biases and norms do not (merv/training/strategies/fsdp.py `run_setup`). */
export function decays(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !name.endsWith('.bias');
}

/**
 * AdamW (Loshchilov & Hutter 2019), libtorch's fused kernel. A parameter without a gradient in a step is left as it is,
 * its moments and its own step count too, as PyTorch does.
 */
export class AdamW {
  private readonly parameters: Parameters;
  private readonly options: AdamWOptions;
  private readonly groups: readonly { readonly names: readonly string[]; readonly weightDecay: number }[];
  private readonly moments = new Map<string, Moments>();

  constructor(parameters: Parameters, options: AdamWOptions) {
    this.parameters = parameters;
    this.options = options;
    const names = parameters.trainable();
    const decayed = names.filter((name) => decays(name, parameters.get(name).shape));
    const rest = names.filter((name) => !decayed.includes(name));
    this.groups = [
      { names: decayed, weightDecay: options.weightDecay },
      { names: rest, weightDecay: 0 },
    ];
  }

  /**
   * Length of all gradients together, which are shortened to `longest` where it is more (0: never). Returns it as it was;
   * not finite where a gradient is not.
   */
  clip(longest: number): number {
    const { torch } = this.parameters;
    return torch.scope(() => {
      const gradients = this.withGradients(this.parameters.trainable()).map(({ gradient }) => gradient);
      if (gradients.length === 0) return 0;
      const norm = torch.item(torch.norm(torch.stack(torch.norms(gradients), 0)));
      const factor = longest / (norm + 1e-6);
      if (longest > 0 && factor < 1) {
        const by = torch.from(Float32Array.of(factor), []);
        torch.scaleAll(gradients, torch.toDevice(by, this.parameters.options.device, 'float32'));
      }
      return norm;
    });
  }

  /** One update; the gradients are used up. */
  step(rate: number): void {
    const { torch } = this.parameters;
    const { betas, eps } = this.options;
    torch.scope(() => {
      for (const { names, weightDecay } of this.groups) {
        const given = this.withGradients(names);
        if (given.length === 0) continue;
        const moments = given.map(({ name, tensor }) => this.momentsOf(name, tensor));
        const steps = moments.map(({ step }) => step);
        torch.noGrad(() => {
          torch.incrementAll(steps, 1);
          torch.adamW(
            given.map(({ tensor }) => tensor),
            given.map(({ gradient }) => gradient),
            moments.map(({ mean }) => mean),
            moments.map(({ square }) => square),
            [],
            steps,
            ...([rate, ...betas, weightDecay, eps, false, false] as const),
          );
        });
      }
    });
    this.clearGradients();
  }

  clearGradients(): void {
    const names = this.parameters.trainable();
    this.parameters.torch.clearGrads(names.map((name) => this.parameters.get(name)));
  }

  /** Of every parameter that was updated so far. */
  state(): ReadonlyMap<string, Moments> {
    return this.moments;
  }

  /** Takes over a parameter's moments from a checkpoint. */
  restore(name: string, values: { mean: Float32Array; square: Float32Array; step: number }): void {
    const { torch } = this.parameters;
    const tensor = this.parameters.get(name);
    const moments = this.momentsOf(name, tensor);
    torch.scope(() =>
      torch.noGrad(() => {
        torch.copyInto(moments.mean, torch.from(values.mean, tensor.shape));
        torch.copyInto(moments.square, torch.from(values.square, tensor.shape));
        torch.copyInto(moments.step, torch.from(Float32Array.of(values.step), []));
      }),
    );
  }

  release(): void {
    const all = [...this.moments.values()];
    this.parameters.torch.release(all.flatMap(({ mean, square, step }) => [mean, square, step]));
    this.moments.clear();
  }

  private withGradients(names: readonly string[]) {
    const { torch } = this.parameters;
    return names.flatMap((name) => {
      const tensor = this.parameters.get(name);
      const gradient = torch.grad(tensor);
      return gradient === null ? [] : [{ name, tensor, gradient }];
    });
  }

  private momentsOf(name: string, tensor: Tensor): Moments {
    const known = this.moments.get(name);
    if (known !== undefined) return known;
    const { torch, options } = this.parameters;
    const made = torch.noGrad(() => ({
      mean: torch.zerosLike(tensor),
      square: torch.zerosLike(tensor),
      step: torch.toDevice(torch.from(Float32Array.of(0), []), options.device, 'float32'),
    }));
    torch.keep([made.mean, made.square, made.step]);
    this.moments.set(name, made);
    return made;
  }
}
