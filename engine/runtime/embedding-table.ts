import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ExpectedError } from '../contract/errors.ts';

/**
 * The token embeddings [vocab, hidden] in a file of float16 or float32 rows, read row by row: a prompt needs a few
 * hundred of the tens of thousands.
 */
export class EmbeddingTable {
  readonly hidden: number;
  private readonly file: number;
  private readonly rowBytes: number;

  /** Throws ExpectedError 'model_incomplete' where the file is missing or has another size. */
  constructor(
    path: string,
    shape: { readonly vocab: number; readonly hidden: number; readonly type: 'float16' | 'float32' },
  ) {
    this.hidden = shape.hidden;
    this.rowBytes = shape.hidden * (shape.type === 'float16' ? 2 : 4);
    try {
      this.file = openSync(path, 'r');
    } catch (cause) {
      throw incomplete(path, cause);
    }
    if (fstatSync(this.file).size !== shape.vocab * this.rowBytes) {
      closeSync(this.file);
      throw incomplete(path);
    }
  }

  /** ids -> [ids.length, hidden] */
  rows(ids: readonly number[]): Float32Array {
    const result = new Float32Array(ids.length * this.hidden);
    const row = Buffer.alloc(this.rowBytes);
    for (const [i, id] of ids.entries()) {
      readSync(this.file, row, 0, this.rowBytes, id * this.rowBytes);
      const target = result.subarray(i * this.hidden, (i + 1) * this.hidden);
      if (this.rowBytes === this.hidden * 4)
        target.set(new Float32Array(row.buffer, row.byteOffset, this.hidden));
      else widen(new Uint16Array(row.buffer, row.byteOffset, this.hidden), target);
    }
    return result;
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Half bits to numbers (IEEE 754 binary16). */
function widen(half: Uint16Array, target: Float32Array): void {
  for (const [i, bits] of half.entries()) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    target[i] = bits & 0x8000 ? -magnitude : magnitude;
  }
}

function incomplete(path: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'model_incomplete',
    `The embedding table ${path} is missing or damaged.`,
    'Set the model up again.',
    { cause },
  );
}
