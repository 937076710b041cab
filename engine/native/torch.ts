import type { Addon } from './addon.ts';
import { type Operations, operations } from './operations.ts';
import { Tensor } from './tensor.ts';
import { asTensorError, TensorError } from './tensor-error.ts';

export type NumberArray = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** libtorch's tensors, checked and scoped. Everything throws TensorError and leaves the process as it was. */
export interface Torch extends Operations {
  readonly version: string;
  readonly hasCuda: boolean;
  threads(): number;
  setThreads(count: number): void;

  /** A copy of the values: float32, int32, int64 or uint8 by the array's kind. */
  from(values: NumberArray, shape: readonly number[]): Tensor;
  /** A copy as float32, row-major, from any device and float type. */
  read(tensor: Tensor): Float32Array;
  /** The only value of a tensor. */
  item(tensor: Tensor): number;

  /**
   * Runs `body` and releases every tensor made in it, but for those that it returns (a tensor, or tensors in arrays and
   * plain objects), which then belong to the scope outside. Outside any scope a tensor lives until it is released.
   */
  scope<T>(body: () => T): T;
  /** Takes tensors out of the current scopes: they live until they are released. */
  keep(tensors: readonly Tensor[]): void;
  release(tensors: readonly Tensor[]): void;
  /** Tensors that are held now. */
  live(): number;

  /** Adds the gradients of the leaves; `gradients` are those of `tensors`, none for scalars. */
  backward(tensors: readonly Tensor[], gradients?: readonly Tensor[]): void;
  requireGrad(tensor: Tensor, on: boolean): void;
  requiresGrad(tensor: Tensor): boolean;
  grad(tensor: Tensor): Tensor | null;
  clearGrads(tensors: readonly Tensor[]): void;
  noGrad<T>(body: () => T): T;
}

const arrayTypes = [
  [Float32Array, 'float32'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Uint8Array, 'uint8'],
] as const;

/** Every tensor anywhere in arrays and plain objects. */
function collect(value: unknown, into: Set<number>): void {
  if (value instanceof Tensor) into.add(value.handle);
  else if (Array.isArray(value)) for (const item of value) collect(item, into);
  else if (value instanceof Map) for (const item of value.values()) collect(item, into);
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) collect(item, into);
  }
}

/** The checked functions over an addon that was loaded. One for each JavaScript thread. */
export function createTorch(addon: Addon): Torch {
  const scopes: number[][] = [];

  const own = (handle: number): Tensor => {
    scopes.at(-1)?.push(handle);
    return new Tensor(addon, handle);
  };

  function guard<T>(op: string, values: readonly unknown[], run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw asTensorError(op, values, error);
    }
  }

  /** One line of `operations` as a function: arguments checked here, the schema's own rules by libtorch. */
  function bind(name: keyof typeof operations) {
    const { schema, kinds, result } = operations[name];
    const checks = kinds as readonly {
      what: string;
      check(value: unknown): boolean;
      raw(value: unknown): unknown;
    }[];
    const operator = guard(name, [], () => addon.operator(...schema));
    return (...given: unknown[]): Tensor | readonly Tensor[] | undefined => {
      if (given.length !== checks.length) {
        throw new TensorError('argument', name, given, `it takes ${checks.length} arguments`);
      }
      const raw: unknown[] = new Array(given.length + 1);
      raw[0] = operator;
      for (let i = 0; i < given.length; i++) {
        const kind = checks[i]!;
        if (!kind.check(given[i])) {
          throw new TensorError('argument', name, given, `argument ${i + 1} must be ${kind.what}`);
        }
        raw[i + 1] = kind.raw(given[i]);
      }
      const made = guard(name, given, () => addon.call(...(raw as [number, ...unknown[]])));
      if (result === 'one') return own(made as number);
      return result === 'many' ? (made as number[]).map(own) : undefined;
    };
  }

  const bound = Object.fromEntries(
    Object.keys(operations).map((name) => [name, bind(name as keyof typeof operations)]),
  ) as unknown as Operations;

  function fromArray(values: NumberArray, shape: readonly number[]): Tensor {
    const [, dtype] = arrayTypes.find(([kind]) => values instanceof kind)!;
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw new TensorError('argument', 'from', [shape], 'the shape must be whole numbers, none negative');
    }
    if (shape.reduce((a, b) => a * b, 1) !== values.length) {
      throw new TensorError('argument', 'from', [shape], `there are ${values.length} values`);
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return own(guard('from', [dtype, shape], () => addon.fromBytes(bytes, dtype, shape)));
  }

  function scope<T>(body: () => T): T {
    const mine: number[] = [];
    scopes.push(mine);
    const kept = new Set<number>();
    try {
      const result = body();
      collect(result, kept);
      return result;
    } finally {
      const at = scopes.lastIndexOf(mine);
      scopes.splice(at, 1);
      addon.release(kept.size === 0 ? mine : mine.filter((handle) => !kept.has(handle)));
      if (kept.size > 0) scopes[at - 1]?.push(...mine.filter((handle) => kept.has(handle)));
    }
  }

  const handles = (tensors: readonly Tensor[]) => tensors.map(({ handle }) => handle);

  return {
    ...bound,
    version: addon.version(),
    get hasCuda() {
      return addon.hasCuda();
    },
    threads: () => addon.threads(),
    setThreads: (count) => addon.setThreads(count),

    from: fromArray,
    read: (tensor) =>
      scope(() => {
        const plain = bound.contiguous(bound.toDevice(bound.detach(tensor), 'cpu', 'float32'));
        const values = new Float32Array(plain.shape.reduce((a, b) => a * b, 1));
        guard('read', [tensor], () => addon.readInto(plain.handle, values.buffer));
        return values;
      }),
    item(tensor) {
      const values = this.read(tensor);
      if (values.length !== 1) throw new TensorError('argument', 'item', [tensor], 'it has not one value');
      return values[0]!;
    },

    scope,
    keep(tensors) {
      const kept = new Set(handles(tensors));
      for (const mine of scopes) {
        const left = mine.filter((handle) => !kept.has(handle));
        if (left.length < mine.length) mine.splice(0, mine.length, ...left);
      }
    },
    release: (tensors) => void addon.release(handles(tensors)),
    live: () => addon.live(),

    backward(tensors, gradients = []) {
      guard('backward', tensors, () => addon.backward(handles(tensors), handles(gradients)));
    },
    requireGrad: (tensor, on) =>
      guard('requireGrad', [tensor, on], () => addon.setRequiresGrad(tensor.handle, on)),
    requiresGrad: (tensor) => guard('requiresGrad', [tensor], () => addon.requiresGrad(tensor.handle)),
    grad(tensor) {
      const handle = guard('grad', [tensor], () => addon.grad(tensor.handle));
      return handle === null ? null : own(handle);
    },
    clearGrads: (tensors) => guard('clearGrads', tensors, () => addon.clearGrads(handles(tensors))),
    noGrad(body) {
      const before = addon.setGradMode(false);
      try {
        return body();
      } finally {
        addon.setGradMode(before);
      }
    },
  };
}
