import type { Addon, DType, Handle } from './addon.ts';

/** A tensor of libtorch's. It lives until its scope ends or it is released; any use after that throws TensorError. */
export class Tensor {
  readonly handle: Handle;
  private readonly addon: Addon;
  private sizes: readonly number[] | null = null;
  private type: DType | null = null;

  constructor(addon: Addon, handle: Handle) {
    this.addon = addon;
    this.handle = handle;
  }

  get shape(): readonly number[] {
    this.sizes ??= this.addon.shape(this.handle);
    return this.sizes;
  }

  get dtype(): DType {
    this.type ??= this.addon.dtype(this.handle);
    return this.type;
  }
}

/** 'float32 [2, 3]', also of a tensor that is gone. */
export function describe(tensor: Tensor): string {
  try {
    return `${tensor.dtype} [${tensor.shape.join(', ')}]`;
  } catch {
    return 'released';
  }
}
