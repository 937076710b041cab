import { inflateRawSync } from 'node:zlib';
import { zip } from '../weights/containers.ts';
import { type Field, type Mutation, mutateBytes, mutateField } from './mutate-bytes.ts';
import { mutatePickle } from './mutate-pickle.ts';
import type { Random } from './random.ts';

type Layout = readonly (readonly [offset: number, bytes: 1 | 2 | 4 | 8, name: string])[];

/** The records of PKWARE's APPNOTE 6.3.9 by signature, with their numbers. */
const records: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [
    0x04034b50,
    [
      ...([
        [6, 2, 'local flags'],
        [8, 2, 'local method'],
        [14, 4, 'local crc'],
        [18, 4, 'local packed size'],
      ] as const),
      ...([
        [22, 4, 'local size'],
        [26, 2, 'local name length'],
        [28, 2, 'local extra length'],
      ] as const),
    ],
  ],
  [
    0x02014b50,
    [
      ...([
        [8, 2, 'flags'],
        [10, 2, 'method'],
        [16, 4, 'crc'],
        [20, 4, 'packed size'],
        [24, 4, 'size'],
      ] as const),
      ...([
        [28, 2, 'name length'],
        [30, 2, 'extra length'],
        [32, 2, 'comment length'],
      ] as const),
      ...([
        [34, 2, 'disk'],
        [38, 4, 'attributes'],
        [42, 4, 'header offset'],
      ] as const),
    ],
  ],
  [
    0x06054b50,
    [
      ...([
        [4, 2, 'disk'],
        [8, 2, 'entries here'],
        [10, 2, 'entries'],
        [12, 4, 'directory size'],
      ] as const),
      ...([
        [16, 4, 'directory offset'],
        [20, 2, 'comment length'],
      ] as const),
    ],
  ],
  [
    0x07064b50,
    [
      [8, 8, 'zip64 record offset'],
      [16, 4, 'disks'],
    ],
  ],
  [
    0x06064b50,
    [
      [4, 8, 'zip64 length'],
      [32, 8, 'zip64 entries'],
      [40, 8, 'zip64 directory size'],
      [48, 8, 'zip64 directory offset'],
    ],
  ],
]);

function fieldsOf(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at + 22 <= bytes.length; at++) {
    if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b) continue;
    const signature = bytes.readUInt32LE(at);
    for (const [offset, length, name] of records.get(signature) ?? []) {
      if (at + offset + length <= bytes.length) fields.push({ at: at + offset, bytes: length, name });
    }
    // The zip64 numbers in an entry's extra field.
    if (signature === 0x02014b50 && at + 46 <= bytes.length && bytes.readUInt16LE(at + 30) >= 28) {
      const extra = at + 46 + bytes.readUInt16LE(at + 28);
      fields.push({ at: extra + 2, bytes: 2, name: 'extra length' });
      for (const offset of [4, 12, 20]) fields.push({ at: extra + offset, bytes: 8, name: 'zip64 number' });
    }
  }
  return fields.filter(({ at, bytes: length }) => at + length <= bytes.length);
}

interface Entry {
  readonly name: string;
  readonly data: Buffer;
  readonly deflate: boolean;
}

/** The entries of a sound archive. */
function entriesOf(bytes: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (
    let at = bytes.indexOf('PK\u0001\u0002', 0, 'latin1');
    at >= 0 && bytes.readUInt32LE(at) === 0x02014b50;
  ) {
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const extra = at + 46 + nameLength + 4;
    const wide = bytes.readUInt32LE(at + 20) === 0xffffffff;
    const packed = wide ? Number(bytes.readBigUInt64LE(extra + 8)) : bytes.readUInt32LE(at + 20);
    const header = wide ? Number(bytes.readBigUInt64LE(extra + 16)) : bytes.readUInt32LE(at + 42);
    const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
    const deflate = bytes.readUInt16LE(at + 10) === 8;
    const raw = bytes.subarray(start, start + packed);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    entries.push({ name, deflate, data: deflate ? inflateRawSync(raw) : raw });
    at += 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32);
    if (at + 46 > bytes.length) break;
  }
  return entries;
}

const names = [
  ...[
    '../../x',
    '/etc/passwd',
    'C:\\x',
    'archive/archive/data.pkl',
    'data.pkl',
    'archive/data.pkl',
    '',
    '__proto__',
  ],
  ...['archive/data/0', 'archive/data/../data/0', 'archive/byteorder', 'archive/version', 'a'.repeat(60_000)],
];

function changeEntries(
  entries: readonly Entry[],
  random: Random,
  note: (what: string) => void,
): readonly Entry[] {
  const at = random.below(entries.length);
  const entry = entries[at];
  if (!entry) return entries;
  const others = entries.filter((_, i) => i !== at);
  switch (random.below(6)) {
    case 0: {
      const name = random.pick(names);
      note(`entry ${entry.name} called ${name.slice(0, 40)}`);
      return entries.map((old, i) => (i === at ? { ...old, name } : old));
    }
    case 1:
      note(`entry ${entry.name} twice`);
      return [...entries, entry];
    case 2:
      note(`entry ${entry.name} gone`);
      return others;
    case 3:
      note(`entry ${entry.name} empty`);
      return entries.map((old, i) => (i === at ? { ...old, data: Buffer.alloc(0) } : old));
    case 4: {
      const length = random.chance(0.03) ? 8 << 20 : 1 << 18;
      note(`entry ${entry.name}: ${length} zeros, deflated`);
      return entries.map((old, i) =>
        i === at ? { ...old, data: Buffer.alloc(length), deflate: true } : old,
      );
    }
    default:
      note(`entry ${entry.name} packed the other way`);
      return entries.map((old, i) => (i === at ? { ...old, deflate: !old.deflate } : old));
  }
}

/** Numbers of the records, whole entries, or the pickle inside with everything around it still right. */
export const mutateZip: Mutation = (bytes, random, note) => {
  const kind = random.below(3);
  try {
    if (kind === 0) return mutateField(bytes, random.pick(fieldsOf(bytes)), random, note);
    const entries = entriesOf(bytes);
    const zip64 = bytes.includes('PK\u0006\u0006', 0, 'latin1');
    if (kind === 1) return zip(changeEntries(entries, random, note), zip64);
    const changed = entries.map((entry) =>
      entry.name.endsWith('data.pkl') ? { ...entry, data: mutatePickle(entry.data, random, note) } : entry,
    );
    return zip(changed, zip64);
  } catch {
    return mutateBytes(bytes, random, note);
  }
};
