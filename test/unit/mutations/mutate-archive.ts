import { createHash } from 'node:crypto';
import { encodeModel } from '../../../engine/nn/onnx/proto.ts';
import { manifests } from './manifests.ts';
import { type Mutation, mutateBytes } from './mutate-bytes.ts';
import { mutateJson } from './mutate-json.ts';
import { mutateProtobuf } from './mutate-protobuf.ts';

interface Entry {
  readonly name: string;
  readonly data: Buffer;
  /** '0' is a file, '2' a symbolic link, '5' a folder, 'x' and 'L' are headers of headers. */
  readonly type?: string;
  /** As the header says it, where that is not the data's own. */
  readonly size?: string;
}

/** A tar archive (POSIX ustar). */
function tar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, data, type = '0', size }) => {
    const header = Buffer.alloc(512);
    header.write(name.slice(0, 100), 0);
    header.write('0000644\0', 100);
    header.write('0000000\0', 108);
    header.write('0000000\0', 116);
    header.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 12, 'latin1');
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(type === '2' ? '/etc/passwd' : '', 157);
    header.write('ustar\x0000', 257);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function entriesOf(bytes: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const length = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8) || 0;
    const name = bytes.toString('utf8', at, at + 100).replace(/\0.*/su, '');
    entries.push({ name, data: bytes.subarray(at + 512, at + 512 + length) });
    at += 512 + Math.ceil(length / 512) * 512;
  }
  return entries;
}

/** An exported model with one graph that has its weights beside it. */
export function archiveBases(): readonly Buffer[] {
  const graph = (weights: string) =>
    Buffer.from(
      encodeModel({
        name: 'g',
        node: [{ name: 'n', opType: 'Add', domain: '', input: ['a', 'w'], output: ['b'], attribute: [] }],
        initializer: [
          {
            name: 'w',
            dims: [2, 2],
            dataType: 1,
            dataLocation: 1,
            externalData: [
              { key: 'location', value: weights },
              { key: 'length', value: '16' },
            ],
          },
        ],
        input: [],
        output: [],
      }),
    );
  const [bundle, ...parts] = manifests().map(({ text }) => JSON.parse(text));
  const contents = new Map<string, Buffer>();
  const described = parts.map((part: { key: string; files: { file: string }[] }) => ({
    ...part,
    files: part.files.map(({ file }) => {
      const data = file.endsWith('.onnx') ? graph(file) : Buffer.from(`contents of ${file}`);
      contents.set(`parts/${part.key}/${file}`, data);
      return { file, bytes: data.length, sha256: sha256(data) };
    }),
  }));
  const manifest = { format: 1, application: 'MERV Studio', bundle, parts: described };
  const first = { name: 'manifest.json', data: Buffer.from(JSON.stringify(manifest)) };
  return [tar([first, ...[...contents].map(([name, data]) => ({ name, data }))])];
}

const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

const names = [
  '../../evil',
  '/etc/passwd',
  'parts/../../evil',
  'C:\\evil',
  '',
  '__proto__',
  'manifest.json',
  'a'.repeat(100),
];
const sizes = [
  '77777777777\0',
  '\u0080\0\0\0\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff',
  '-0000000001\0',
  'xxxxxxxxxxx\0',
  '00000000000\0',
];

/** Entries renamed, swapped, of other types and lengths; the description or a graph changed and all around it right. */
export const mutateArchive: Mutation = (bytes, random, note) => {
  const entries = entriesOf(bytes);
  const [first, ...rest] = entries;
  if (!first || rest.length === 0) return mutateBytes(bytes, random, note);
  const at = random.below(entries.length);
  const changed = (change: (entry: Entry) => Entry): Buffer =>
    tar(entries.map((entry, i) => (i === at ? change(entry) : entry)));
  switch (random.below(7)) {
    case 0: {
      const name = random.pick(names);
      note(`entry ${at} called ${name}`);
      return changed((entry) => ({ ...entry, name }));
    }
    case 1: {
      const type = random.pick(['1', '2', '3', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', '\0']);
      note(`entry ${at} of type ${type}`);
      return changed((entry) => ({ ...entry, type }));
    }
    case 2: {
      const size = random.pick(sizes);
      note(`entry ${at} of size ${JSON.stringify(size)}`);
      return changed((entry) => ({ ...entry, size }));
    }
    case 3:
      note(`entry ${at} gone`);
      return tar(entries.filter((_, i) => i !== at));
    case 4:
      note(`entry ${at} twice`);
      return tar(entries.flatMap((entry, i) => (i === at ? [entry, entry] : [entry])));
    case 5:
      return tar([{ ...first, data: mutateJson(first.data, random, note) }, ...rest]);
    default: {
      const graph = random.pick(rest.filter(({ name }) => name.endsWith('.onnx')).concat(rest));
      const data = mutateProtobuf(graph.data, random, (what) => note(`${graph.name}: ${what}`));
      const text = first.data
        .toString('utf8')
        .replaceAll(
          `"bytes":${graph.data.length},"sha256":"${sha256(graph.data)}"`,
          `"bytes":${data.length},"sha256":"${sha256(data)}"`,
        );
      const same = rest.map((entry) => (entry.data.equals(graph.data) ? { ...entry, data } : entry));
      return tar([{ ...first, data: Buffer.from(text) }, ...same]);
    }
  }
};
