import type { DType } from '../../native/addon.ts';
import type { Tensor } from '../../native/tensor.ts';
import type { Torch } from '../../native/torch.ts';
import type { Weights } from '../weights.ts';

export interface ParameterOptions {
  readonly device: string;
  /** What is computed in: activations and frozen weights. */
  readonly compute: DType;
  /** What trainable weights are kept in: float32 for master weights beside a narrower `compute`. */
  readonly master: DType;
}

/** Named weights as tensors, trainable or frozen. They live until `release`, whatever scope made them. */
export class Parameters {
  readonly torch: Torch;
  readonly options: ParameterOptions;
  private readonly byName = new Map<string, { readonly tensor: Tensor; readonly trainable: boolean }>();
  private readonly constants = new Map<string, Tensor>();

  constructor(torch: Torch, options: ParameterOptions) {
    this.torch = torch;
    this.options = options;
  }

  /** Takes over every tensor of `weights` as `${prefix}${name}`. Throws TensorError where memory does not suffice. */
  async load(weights: Weights, prefix: string, trainable: (name: string) => boolean): Promise<void> {
    for (const [name, { shape }] of weights.tensors) {
      const values = await weights.read(name);
      this.set(`${prefix}${name}`, values, shape, trainable(`${prefix}${name}`));
    }
  }

  /** Adds one weight, or replaces it. */
  set(name: string, values: Float32Array, shape: readonly number[], trainable: boolean): void {
    const { torch, options } = this;
    const tensor = torch.scope(() => {
      const dtype = trainable ? options.master : options.compute;
      return torch.toDevice(torch.from(values, shape), options.device, dtype);
    });
    torch.keep([tensor]);
    if (trainable) torch.requireGrad(tensor, true);
    const before = this.byName.get(name);
    if (before !== undefined) torch.release([before.tensor]);
    this.byName.set(name, { tensor, trainable });
  }

  /** Other values for a weight that is there, in its place: what holds the tensor sees them. */
  assign(name: string, values: Float32Array): void {
    const { torch } = this;
    const tensor = this.get(name);
    torch.scope(() => torch.noGrad(() => torch.copyInto(tensor, torch.from(values, tensor.shape))));
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** As it is stored. Throws a bug where there is none. */
  get(name: string): Tensor {
    const found = this.byName.get(name);
    if (found === undefined) throw new Error(`no weight ${name}`);
    return found.tensor;
  }

  names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** Names of what is trained, in the order of loading. */
  trainable(): readonly string[] {
    return this.names().filter((name) => this.byName.get(name)!.trainable);
  }

  /** A constant that is made once and kept, such as rotary tables. */
  constant(key: string, make: () => Tensor): Tensor {
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const made = this.torch.scope(make);
    this.torch.keep([made]);
    this.constants.set(key, made);
    return made;
  }

  /** What begins with `prefix`, with the prefix off: what a model's definition takes for its weights. */
  within(prefix: string): Weights {
    const inside = this.names().filter((name) => name.startsWith(prefix));
    return {
      tensors: new Map(inside.map((name) => [name.slice(prefix.length), { shape: this.get(name).shape }])),
      read: async (name) => this.torch.read(this.get(`${prefix}${name}`)),
    };
  }

  release(): void {
    this.torch.release([...this.byName.values()].map(({ tensor }) => tensor));
    this.torch.release([...this.constants.values()]);
    this.byName.clear();
    this.constants.clear();
  }
}
