import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkpoint, type Strided } from './containers.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'large-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const reader = fileURLToPath(new URL('support/read-large.ts', import.meta.url));

interface Entry {
  readonly name: string;
  readonly size: number;
  /** Written at these places of it; the rest is a hole. */
  readonly pieces: readonly (readonly [at: number, bytes: Buffer])[];
}

/** A zip64 archive of stored entries with holes in the file where they have none. */
async function writeSparseZip(path: string, entries: readonly Entry[]): Promise<void> {
  const file = await open(path, 'w');
  const central: Buffer[] = [];
  let at = 0;
  const number = (bytes: number, value: number): Buffer => {
    const buffer = Buffer.alloc(8);
    buffer.writeBigUInt64LE(BigInt(value));
    return buffer.subarray(0, bytes);
  };
  for (const { name, size, pieces } of entries) {
    const shared = [number(2, 45), number(2, 0), number(2, 0), number(4, 0), number(4, 0)];
    const wide = Buffer.concat([
      number(2, 1),
      number(2, 24),
      number(8, size),
      number(8, size),
      number(8, at),
    ]);
    const sizes = [
      number(4, 0xffffffff),
      number(4, 0xffffffff),
      number(2, name.length),
      number(2, wide.length),
    ];
    const local = Buffer.concat([number(4, 0x04034b50), ...shared, ...sizes, Buffer.from(name), wide]);
    await file.write(local, 0, local.length, at);
    for (const [offset, bytes] of pieces) {
      await file.write(bytes, 0, bytes.length, at + local.length + offset);
    }
    central.push(
      Buffer.concat([number(4, 0x02014b50), number(2, 45), ...shared, ...sizes, number(8, 0), number(2, 0)]),
      Buffer.concat([number(4, 0xffffffff), Buffer.from(name), wide]),
    );
    at += local.length + size;
  }
  const directory = Buffer.concat(central);
  const count = number(8, entries.length);
  const end = Buffer.concat([
    ...[directory, number(4, 0x06064b50), number(8, 44), number(2, 45), number(2, 45), number(8, 0)],
    ...[count, count, number(8, directory.length), number(8, at)],
    ...[number(4, 0x07064b50), number(4, 0), number(8, at + directory.length), number(4, 1)],
    ...[number(4, 0x06054b50), number(4, 0), number(2, 0xffff), number(2, 0xffff)],
    ...[number(4, 0xffffffff), number(4, 0xffffffff), number(2, 0)],
  ]);
  await file.write(end, 0, end.length, at);
  await file.close();
}

// Elsewhere the holes would take room on the disk.
it.skipIf(process.platform === 'win32')(
  'a checkpoint of 5 GiB is read from end to end in less than 1 GiB',
  async () => {
    const path = join(folder, 'large.pt');
    // Sixteen of 64 Mi elements as float32 and eight as bfloat16, each with its first and last element set.
    const elements = 64 << 20;
    const tensors = Array.from({ length: 24 }, (_, i): Strided => {
      const shape = [elements / 8192, 8192];
      const storageClass = i % 3 === 2 ? 'BFloat16Storage' : 'FloatStorage';
      return {
        name: `t${i}`,
        key: String(i),
        storageLength: elements,
        offset: 0,
        shape,
        strides: [8192, 1],
        storageClass,
      };
    });
    const pickle = checkpoint(tensors);
    const float = (value: number): Buffer => Buffer.from(new Float32Array([value]).buffer);
    await writeSparseZip(path, [
      { name: 'archive/data.pkl', size: pickle.length, pieces: [[0, pickle]] },
      ...tensors.map(({ key, storageClass }, i): Entry => {
        const width = storageClass === 'FloatStorage' ? 4 : 2;
        // The upper half of a float32 is a bfloat16.
        const element = (value: number): Buffer => float(value).subarray(4 - width);
        const size = elements * width;
        return {
          name: `archive/data/${key}`,
          size,
          pieces: [
            [0, element(i + 1)],
            [size - width, element(-i - 1)],
          ],
        };
      }),
    ]);
    const output = execFileSync(process.execPath, ['--import', 'tsx', reader, path], { encoding: 'utf8' });
    const { bytes, ends, maxRss } = JSON.parse(output);
    expect(bytes).toBe(6 * elements * 4);
    expect(ends).toEqual([3, 7, 11, 15, 19, 23].map((i) => [`model.t${i}`, i + 1, -i - 1]));
    expect(maxRss).toBeLessThan(2 ** 30);
  },
  120_000,
);
