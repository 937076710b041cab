import { describe, Tensor } from './tensor.ts';

/**
 * - argument: the call itself is wrong (seen before libtorch was asked);
 * - torch: libtorch refused it, mostly for shapes or element types;
 * - memory: there was not enough memory for the result.
 */
export type TensorErrorKind = 'argument' | 'torch' | 'memory';

/** A tensor operation that could not be done. The process and every other tensor are as they were. */
export class TensorError extends Error {
  override readonly name = 'TensorError';
  readonly kind: TensorErrorKind;
  readonly op: string;
  /** What it was given: tensors as 'float32 [2, 3]', the rest as JSON. */
  readonly given: readonly string[];

  constructor(
    kind: TensorErrorKind,
    op: string,
    values: readonly unknown[],
    reason: string,
    cause?: unknown,
  ) {
    const given = values.map(show);
    super(`${op}(${given.join(', ')}): ${reason}`, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.op = op;
    this.given = given;
  }
}

const longest = 8;

function show(value: unknown): string {
  if (value instanceof Tensor) return describe(value);
  if (Array.isArray(value)) {
    const more = value.length > longest ? [`… ${value.length} in all`] : [];
    return `[${[...value.slice(0, longest).map(show), ...more].join(', ')}]`;
  }
  return JSON.stringify(value) ?? String(value);
}

/** The addon's exception as a TensorError. */
export function asTensorError(op: string, values: readonly unknown[], error: unknown): unknown {
  if (!(error instanceof Error) || !('kind' in error)) return error;
  // libtorch's first line says what is wrong; the rest is where in its code.
  const reason = error.message.split('\nException raised from')[0]!.trim();
  return new TensorError(error.kind === 'memory' ? 'memory' : 'torch', op, values, reason, error);
}
