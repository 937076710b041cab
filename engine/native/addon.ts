/** The element types that tensors have here. */
export const dtypes = [
  'float32',
  'bfloat16',
  'float16',
  'float64',
  'int64',
  'int32',
  'uint8',
  'bool',
] as const;
export type DType = (typeof dtypes)[number];

/** A tensor by number; the addon tells a number whose tensor was released. */
export type Handle = number;

/** What the addon (engine/native/src) exports, unchecked; everybody else uses `Torch`. */
export interface Addon {
  /** Opens a library for the whole process; returns what went wrong, or ''. */
  openLibrary(path: string): string;
  version(): string;
  hasCuda(): boolean;
  setThreads(count: number): void;
  threads(): number;

  /** Finds an operator of libtorch by its schema's name and overload. */
  operator(name: string, overload: string): number;
  call(operator: number, ...values: unknown[]): unknown;

  fromBytes(bytes: Uint8Array, dtype: DType, shape: readonly number[]): Handle;
  readInto(tensor: Handle, out: ArrayBuffer): void;
  shape(tensor: Handle): number[];
  dtype(tensor: Handle): DType;
  release(tensors: readonly Handle[]): number;
  live(): number;

  backward(tensors: readonly Handle[], gradients: readonly Handle[]): void;
  setRequiresGrad(tensor: Handle, on: boolean): void;
  requiresGrad(tensor: Handle): boolean;
  grad(tensor: Handle): Handle | null;
  clearGrads(tensors: readonly Handle[]): void;
  setGradMode(on: boolean): boolean;
}
