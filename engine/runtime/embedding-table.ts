import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ExpectedError } from '../contract/errors.ts';
import { halfTable } from '../nn/half.ts';

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
      else {
        const table = halfTable();
        for (const [j, bits] of new Uint16Array(row.buffer, row.byteOffset, this.hidden).entries())
          target[j] = table[bits]!;
      }
    }
    return result;
  }

  close(): void {
    closeSync(this.file);
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
