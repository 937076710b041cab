import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** What makes features what they are. Anything else may change without them changing. */
export interface FeatureKey {
  /** Of the video's content. */
  readonly fingerprint: string;
  /** Frame numbers, in the encoder's order. */
  readonly indexes: readonly number[];
  /** Of the encoder's weights, precision and preprocessing. */
  readonly encoder: string;
}

const usualSize = 2 * 1024 ** 3;
const digestLength = 32;

/**
 * Features of frozen encoders on disk, float32, each file closed by the SHA-256 of what is before it. A damaged or
 * unfinished file counts as absent. The oldest-used go when the folder passes
 * `largest` bytes, 2 GiB unless another size is named.
 */
export class FeatureCache {
  private readonly folder: string;
  private readonly largest: number;

  constructor(folder: string, largest = usualSize) {
    this.folder = folder;
    this.largest = largest;
  }

  async has(key: FeatureKey, length: number): Promise<boolean> {
    try {
      return (await stat(this.path(key))).size === length * 4 + digestLength;
    } catch {
      return false;
    }
  }

  /** Null where nothing sound of this length is kept. */
  async read(key: FeatureKey, length: number): Promise<Float32Array | null> {
    const path = this.path(key);
    let bytes: Buffer;
    try {
      // By its length first: a damaged file may be of any.
      const { size } = await stat(path);
      bytes = size === length * 4 + digestLength ? await readFile(path) : Buffer.alloc(0);
    } catch {
      return null;
    }
    const data = bytes.subarray(0, length * 4);
    const sound =
      bytes.length === length * 4 + digestLength && digest(data).equals(bytes.subarray(length * 4));
    if (!sound) {
      await rm(path, { recursive: true, force: true });
      return null;
    }
    const now = new Date();
    await utimes(path, now, now).catch(() => {});
    const features = new Float32Array(length);
    new Uint8Array(features.buffer).set(data);
    return features;
  }

  /** Keeping features is a convenience: a full disk or a read-only folder leaves the answer as it is. */
  async write(key: FeatureKey, features: Float32Array): Promise<void> {
    const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
    const temporary = join(this.folder, `${randomUUID()}.part`);
    try {
      await mkdir(this.folder, { recursive: true });
      const handle = await open(temporary, 'w');
      try {
        await handle.writeFile(bytes);
        await handle.appendFile(digest(bytes));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.path(key));
      if (this.largest !== Number.POSITIVE_INFINITY) await this.shrink(this.largest, []);
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  /** Removes what was used longest ago until the folder holds at most `largest` bytes; features of the keys of `keep` stay. */
  async shrink(largest: number, keep: Iterable<FeatureKey>): Promise<void> {
    const needed = new Set(Array.from(keep, (key) => this.path(key)));
    const names = await readdir(this.folder).catch(() => []);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.folder, name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, size, mtimeMs };
      }),
    );
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= largest) return;
      if (needed.has(path)) continue;
      await rm(path, { force: true });
      total -= size;
    }
  }

  private path(key: FeatureKey): string {
    const name = createHash('sha256').update(JSON.stringify([key.fingerprint, key.indexes, key.encoder]));
    return join(this.folder, `${name.digest('hex')}.features`);
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
