import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportModel } from '../../../engine/hub/archive/export.ts';
import { importParts, readManifest } from '../../../engine/hub/archive/import.ts';
import type { Manifest } from '../../../engine/hub/archive/manifest.ts';
import { writeBundle } from '../../../engine/hub/write-bundle.ts';
import { bundleFormat } from '../../../engine/models/bundle.ts';
import type { Part } from '../../../engine/models/part.ts';
import { encodeModel, type TensorProto } from '../../../engine/nn/onnx/proto.ts';

let folder: string;
let models: string;
let elsewhere: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'merv archive '));
  models = join(folder, 'models');
  elsewhere = join(folder, 'elsewhere');
  for (const part of parts) {
    mkdirSync(join(models, 'parts', part.key), { recursive: true });
    for (const { file } of part.files) writeFileSync(join(models, 'parts', part.key, file), contents[file]!);
    writeFileSync(join(models, 'parts', part.key, 'part.json'), JSON.stringify(part));
  }
  await writeBundle(models, manifest.bundle);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const graph = (initializer: readonly TensorProto[], domain = '') =>
  Buffer.from(
    encodeModel({
      name: 'g',
      node: [{ name: 'n', opType: 'Add', domain, input: ['a'], output: ['b'], attribute: [] }],
      initializer,
      input: [],
      output: [],
    }),
  );
const external = (location: string): TensorProto => ({
  name: 'w',
  dims: [2, 2],
  dataType: 1,
  dataLocation: 1,
  externalData: [
    { key: 'location', value: location },
    { key: 'length', value: '16' },
  ],
});
const contents: Record<string, Buffer> = {
  'language-model.onnx': graph([external('language-model.onnx.data')]),
  'language-model.onnx.data': Buffer.alloc(200_000, 7),
  'embeddings.f16': Buffer.from('rows'),
  'tokenizer.json': Buffer.from('{}'),
};
const described = (file: string) => ({
  file,
  bytes: contents[file]!.length,
  sha256: createHash('sha256').update(contents[file]!).digest('hex'),
});
const shared = {
  format: 1,
  licence: 'MIT',
  origin: { kind: 'local', path: '/x' },
  inputs: [],
  quality: null,
} satisfies Partial<Part>;
const parts: Part[] = [
  {
    ...shared,
    ...{
      key: 'words-fp32-0123456789ab',
      role: 'languageModel',
      id: 'words',
      name: 'Words',
      precision: 'fp32',
    },
    files: ['embeddings.f16', 'language-model.onnx', 'language-model.onnx.data'].map(described),
    spec: {
      ...{ role: 'languageModel', graph: 'language-model.onnx', embeddings: 'embeddings.f16' },
      ...{
        embeddingType: 'float16',
        layers: 1,
        kvHeads: 1,
        headDim: 2,
        hidden: 2,
        vocab: 2,
        contextLength: 8,
      },
    },
  },
  {
    ...shared,
    ...{ key: 'words-aabbccddeeff', role: 'tokenizer', id: 'words', name: 'Words', precision: null },
    files: [described('tokenizer.json')],
    spec: { role: 'tokenizer', kind: 'json', file: 'tokenizer.json', config: null },
  },
];
const manifest: Manifest = {
  format: 1,
  application: 'MERV Studio',
  bundle: {
    ...{
      format: bundleFormat,
      id: 'words',
      name: 'Words',
      description: '',
      demonstration: false,
      notice: null,
    },
    ...{ createdAt: 1, source: { kind: 'local', path: '/x' }, contextLength: 8, encoders: [], visual: null },
    languageModel: { part: parts[0]!.key },
    tokenizer: { part: parts[1]!.key },
    prompt: { kind: 'builder', builder: 'pure' },
  },
  parts,
};

const quiet = { signal: new AbortController().signal, onBytes: () => {} };
const file = () => join(folder, 'out', 'words.merv');
const imported = (path: string) => importParts({ modelsFolder: elsewhere, path, ...quiet });

/** An archive that was not made by us: entries as given. */
async function forge(
  entries: readonly (readonly [(Partial<Header> & Pick<Header, 'name'>) | string, Buffer | string])[],
): Promise<string> {
  const archive = pack();
  for (const [header, body] of entries)
    archive.entry(typeof header === 'string' ? { name: header } : header, body);
  archive.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of archive) pieces.push(piece as Buffer);
  const path = join(folder, 'forged.merv');
  writeFileSync(path, Buffer.concat(pieces));
  return path;
}
const entries = (changes: Record<string, Buffer> = {}, described: Manifest = manifest) =>
  [
    ['manifest.json', JSON.stringify(described)] as const,
    ...described.parts.flatMap(({ key, files }) =>
      files.map((each) => [`parts/${key}/${each.file}`, changes[each.file] ?? contents[each.file]!] as const),
    ),
  ] as const;

describe('an exported model', () => {
  it('comes back the same, and is the same file each time', async () => {
    const seen: number[] = [];
    await exportModel({ modelsFolder: models, modelId: 'words', path: file(), ...quiet });
    const first = readFileSync(file());
    await exportModel({ modelsFolder: models, modelId: 'words', path: file(), ...quiet });
    expect(readFileSync(file()).equals(first)).toBe(true);
    expect(readdirSync(join(folder, 'out'))).toEqual(['words.merv']);

    expect(await readManifest(file())).toEqual(manifest);
    const onBytes = (_: string, done: number) => void seen.push(done);
    const back = await importParts({ modelsFolder: elsewhere, path: file(), ...quiet, onBytes });
    expect(back.bundle).toEqual(manifest.bundle);
    for (const { key, files } of parts)
      for (const { file: name } of files)
        expect(readFileSync(join(elsewhere, 'parts', key, name)).equals(contents[name]!)).toBe(true);
    expect(seen.at(-1)).toBe(parts.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0));
    expect((await imported(file())).parts).toHaveLength(2);
  });

  it('that is damaged here is not exported, and nothing is left', async () => {
    const data = Buffer.from(contents['language-model.onnx.data']!);
    data[5] = 8;
    writeFileSync(join(models, 'parts', parts[0]!.key, 'language-model.onnx.data'), data);
    const exporting = exportModel({ modelsFolder: models, modelId: 'words', path: file(), ...quiet });
    await expect(exporting).rejects.toMatchObject({ code: 'model_incomplete' });
    expect(readdirSync(join(folder, 'out'))).toEqual([]);
  });

  it('cannot be written where writing is forbidden', async () => {
    writeFileSync(join(folder, 'a file'), '');
    const path = join(folder, 'a file', 'x.merv');
    const exporting = exportModel({ modelsFolder: models, modelId: 'words', path, ...quiet });
    await expect(exporting).rejects.toMatchObject({ code: 'not_allowed' });
  });
});

describe('an archive that is not what it should be', () => {
  const link = (name: string, type: 'symlink' | 'link', linkname: string) =>
    [{ name, type, linkname }, ''] as const;
  const first = `parts/${parts[0]!.key}/embeddings.f16`;
  const changed = (change: (description: ReturnType<typeof JSON.parse>) => void): Manifest => {
    const description = JSON.parse(JSON.stringify(manifest));
    change(description);
    return description;
  };

  it.each<[string, () => Promise<string>, RegExp]>([
    ['no archive', async () => given('nonsense'.repeat(200)), /cannot be imported/],
    ['empty', async () => given(''), /cannot be imported/],
    ['some other archive', () => forge([['a.txt', 'x']]), /no model that MERV Studio exported/],
    ['a link for a manifest', () => forge([link('manifest.json', 'symlink', '/etc/passwd')]), /no model/],
    ['no JSON', () => forge([['manifest.json', '{']]), /no JSON/],
    ['of a newer version', () => forge([['manifest.json', '{"format":2}']]), /newer version/],
    [
      'a path that leads out',
      () => forge([entries()[0]!, ['../../evil', 'x']]),
      /"..\/..\/evil" stands where embeddings.f16/,
    ],
    ['an absolute path', () => forge([entries()[0]!, ['/etc/evil', 'x']]), /stands where/],
    ['a symbolic link', () => forge([entries()[0]!, link(first, 'symlink', '/etc/passwd')]), /is a symlink/],
    ['a hard link', () => forge([entries()[0]!, link(first, 'link', '/etc/passwd')]), /is a link/],
    ['a folder', () => forge([entries()[0]!, [{ name: first, type: 'directory' }, '']]), /is a directory/],
    [
      'other content',
      () => forge(entries({ 'language-model.onnx.data': Buffer.alloc(200_000, 8) })),
      /checksum of .*language-model.onnx.data differs/,
    ],
    [
      'a header of its own size',
      () => forge([entries()[0]!, [{ name: first, pax: { path: 'x'.repeat(2000) } }, 'rows']]),
      /headers that MERV Studio does not write/,
    ],
    ['another length', () => forge(entries({ 'embeddings.f16': Buffer.from('row') })), /has 3 bytes, not 4/],
    ['without its last file', () => forge(entries().slice(0, -1)), /tokenizer.json .* is missing/],
    ['with one file more', () => forge([...entries(), ['parts/x', 'y']]), /is not in its description/],
    [
      'cut off',
      async () => {
        const path = await forge(entries());
        writeFileSync(path, readFileSync(path).subarray(0, 30_000));
        return path;
      },
      /cannot be imported/,
    ],
    [
      'a file name that leads out',
      () =>
        forge(
          entries(
            { '../x': Buffer.from('rows') },
            changed((it) => {
              it.parts[0].files[0].file = '../x';
            }),
          ),
        ),
      /not understood/,
    ],
    [
      'a key that leads out',
      () =>
        forge([
          [
            'manifest.json',
            JSON.stringify(
              changed((it) => {
                it.parts[0].key = '../x';
                it.bundle.languageModel.part = '../x';
              }),
            ),
          ],
        ]),
      /not understood/,
    ],
    [
      'parts that are not the model’s',
      () =>
        forge([
          [
            'manifest.json',
            JSON.stringify(
              changed((it) => {
                it.parts.pop();
              }),
            ),
          ],
        ]),
      /not those of its model/,
    ],
    [
      'a graph that reads elsewhere',
      () => graphs(graph([external('../../../etc/passwd')])),
      /wants weights from/,
    ],
    ['a graph of strange operators', () => graphs(graph([], 'evil')), /does not write/],
    ['a graph that is none', () => graphs(Buffer.from('nonsense')), /no graph/],
  ])('is refused and leaves nothing: %s', async (_, make, sentence) => {
    const path = await make();
    await expect(imported(path)).rejects.toMatchObject({
      name: 'ExpectedError',
      message: expect.stringMatching(sentence),
    });
    const left = existsSync(join(elsewhere, 'parts')) ? readdirSync(join(elsewhere, 'parts')) : [];
    expect(left.filter((name) => name.startsWith('.'))).toEqual([]);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
  });

  const given = (text: string): string => {
    const path = join(folder, 'given');
    writeFileSync(path, text);
    return path;
  };
  const graphs = (bytes: Buffer) => {
    const description = changed((it) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      it.parts[0].files[1] = { file: 'language-model.onnx', bytes: bytes.length, sha256 };
    });
    return forge(entries({ 'language-model.onnx': bytes }, description));
  };

  it('is missing', async () => {
    await expect(imported(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'file_missing' });
    await expect(imported(folder)).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});
