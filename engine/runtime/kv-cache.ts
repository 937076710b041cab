import { type Feeds, float32, int64 } from './session.ts';

export interface KeyValueShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Rows that a buffer grows by. */
const step = 256;

/**
 * Keys and values of all layers, [kvHeads, capacity, headDim] each, of which the first `length` rows count. The graph
 * reads the buffers in place and returns only new rows, which are copied in here.
 */
export class KeyValueCache {
  private readonly shape: KeyValueShape;
  /** Key of layer 0, value of layer 0, key of layer 1, … as the graph's `new_rows`. */
  private buffers: Float32Array[];
  private capacity = 0;
  private rows = 0;
  private feed: Feeds | null = null;

  constructor(shape: KeyValueShape) {
    this.shape = shape;
    this.buffers = Array.from({ length: 2 * shape.layers }, () => new Float32Array(0));
  }

  /** Tokens kept. */
  get length(): number {
    return this.rows;
  }

  /** Forgets everything after the first `length` tokens. */
  truncate(length: number): void {
    this.rows = Math.min(this.rows, length);
    // The graph works through the whole buffers: rows that a longer conversation left cost time.
    if (this.rows * 4 < this.capacity) this.resize(this.rows);
  }

  feeds(): Feeds {
    this.feed ??= this.makeFeeds();
    return { ...this.feed, past_length: int64([this.rows]) };
  }

  /** `newRows` is [2·layers, kvHeads, count, headDim]. */
  append(newRows: Float32Array, count: number): void {
    const { kvHeads, headDim } = this.shape;
    // A quarter more than needed keeps the copies few without holding much that is never used.
    const needed = this.rows + count;
    if (needed > this.capacity) this.resize(Math.max(needed, this.capacity * 1.25));
    const rowBlock = count * headDim;
    for (const [i, buffer] of this.buffers.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const from = (i * kvHeads + head) * rowBlock;
        buffer.set(newRows.subarray(from, from + rowBlock), (head * this.capacity + this.rows) * headDim);
      }
    }
    this.rows += count;
  }

  /** Room for `needed` tokens at least, and little more. */
  private resize(needed: number): void {
    const { kvHeads, headDim } = this.shape;
    const capacity = Math.ceil(needed / step) * step;
    if (capacity === this.capacity) return;
    this.buffers = this.buffers.map((old) => {
      const buffer = new Float32Array(kvHeads * capacity * headDim);
      for (let head = 0; head < kvHeads; head++) {
        const from = head * this.capacity * headDim;
        buffer.set(old.subarray(from, from + this.rows * headDim), head * capacity * headDim);
      }
      return buffer;
    });
    this.capacity = capacity;
    this.feed = null;
  }

  private makeFeeds(): Feeds {
    const { layers, kvHeads, headDim } = this.shape;
    const dims = [1, kvHeads, this.capacity, headDim];
    const entries = Array.from({ length: layers }, (_, layer) => [
      [`past_key_${layer}`, float32(this.buffers[2 * layer]!, dims)] as const,
      [`past_value_${layer}`, float32(this.buffers[2 * layer + 1]!, dims)] as const,
    ]);
    return Object.fromEntries(entries.flat());
  }
}
