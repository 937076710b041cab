import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installedModels } from '../../../engine/answering/installed-models.ts';
import { ExpectedError } from '../../../engine/contract/errors.ts';
import { importParts } from '../../../engine/hub/archive/import.ts';
import { fromGguf as configOf } from '../../../engine/models/llama-config.ts';
import { readModel } from '../../../engine/models/model.ts';
import { chatTemplate } from '../../../engine/text/chat-template.ts';
import { fromGguf as tokenizerOf } from '../../../engine/text/gguf-tokenizer.ts';
import { openTokenizer } from '../../../engine/text/open-tokenizer.ts';
import type { Tokenizer } from '../../../engine/text/tokenizer.ts';
import { openGguf } from '../../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../../engine/weights/gguf-llama.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import type { TensorSource } from '../../../engine/weights/tensor-source.ts';
import { manifests, modelId } from './manifests.ts';
import { safetensorsBases } from './weight-bases.ts';

async function readAll(source: TensorSource): Promise<void> {
  for (const name of source.tensors.keys()) await source.read(name);
}

/** Each step on its own: that one is refused says nothing about the next. Throws the first refusal. */
async function eachOf(...steps: readonly (() => unknown)[]): Promise<void> {
  let refusal: ExpectedError | null = null;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      refusal ??= error;
    }
  }
  if (refusal) throw refusal;
}

export async function readWeights(path: string, bytes: Buffer): Promise<void> {
  writeFileSync(path, bytes);
  const source = await openTensors(path);
  try {
    await eachOf(...[...source.tensors.keys()].map((name) => () => source.read(name)));
  } finally {
    await source.close();
  }
}

/** The index of two sound parts beside it. */
export async function readSharded(folder: string, bytes: Buffer): Promise<void> {
  const [part = Buffer.alloc(0)] = safetensorsBases();
  for (const name of ['one.safetensors', 'two.safetensors']) writeFileSync(join(folder, name), part);
  await readWeights(join(folder, 'model.safetensors.index.json'), bytes);
}

const texts = [
  '',
  'a',
  'What is <s>shown</s> at 0:12?\n\n  ab  abc ',
  '\u2581<0x0A>\u0000 \ud83d\ude00\u0301\ud800 1234 Ⅷ½',
];

function use(tokenizer: Tokenizer): void {
  for (const text of texts) {
    const ids = tokenizer.encode(text);
    tokenizer.encode(tokenizer.literal(text) + text);
    tokenizer.decode(ids);
    const stream = tokenizer.stream();
    for (const id of ids) stream.push(id);
    stream.end();
  }
  tokenizer.decode([-1, 0, 5, 1e9]);
}

export async function readGguf(path: string, bytes: Buffer): Promise<void> {
  writeFileSync(path, bytes);
  const source = await openGguf(path);
  const { metadata } = source;
  try {
    await eachOf(
      () => readAll(source),
      () => readAll(withLlamaNames(source, path)),
      () => configOf(metadata, 4096),
      () => use(tokenizerOf(metadata)),
      () => {
        const template = metadata.get('tokenizer.chat_template');
        if (typeof template !== 'string') return;
        chatTemplate(template, {}).render([{ role: 'user', content: 'Hello' }]);
      },
    );
  } finally {
    await source.close();
  }
}

/** `file` is the tokenizer's own file or the configuration beside it; the other one is sound. */
export async function readTokenizer(
  folder: string,
  kind: 'json' | 'sentencepiece',
  bytes: Buffer,
  sound: { readonly file: Buffer; readonly config: Buffer },
  damaged: 'file' | 'config',
): Promise<void> {
  const [file, config] = [join(folder, 'tokenizer'), join(folder, 'tokenizer_config.json')];
  writeFileSync(file, damaged === 'file' ? bytes : sound.file);
  writeFileSync(config, damaged === 'config' ? bytes : sound.config);
  use(await openTokenizer({ kind, file, config }));
}

/** Imported into an empty models folder; whatever comes of it, nothing may be written beside that. */
export async function readArchive(folder: string, bytes: Buffer): Promise<void> {
  const [path, modelsFolder] = [join(folder, 'exported'), join(folder, 'models')];
  writeFileSync(path, bytes);
  const before = readdirSync(folder).length;
  const { signal } = new AbortController();
  const refusal: unknown = await importParts({ modelsFolder, path, signal, onBytes: () => {} }).then(
    () => null,
    (error: unknown) => error,
  );
  const here = readdirSync(folder).filter((name) => name !== 'models');
  rmSync(modelsFolder, { recursive: true, force: true });
  if (here.length > before) throw new Error(`it wrote ${here.join(', ')}`);
  if (refusal !== null) throw refusal;
}

let prepared: string | null = null;

/** A whole model in `folder`, of which one description is replaced. */
export async function readManifest(folder: string, bytes: Buffer, damaged: number): Promise<void> {
  const files = manifests();
  if (prepared !== folder) {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
      for (const { file } of JSON.parse(text).files ?? [])
        writeFileSync(join(folder, dirname(path), file), '');
    }
    prepared = folder;
  }
  const { path, text } = files[damaged] ?? { path: '', text: '' };
  writeFileSync(join(folder, path), bytes);
  try {
    await eachOf(
      () => readModel(folder, modelId),
      () => installedModels(folder, { read: () => null } as unknown as Parameters<typeof installedModels>[1]),
    );
  } finally {
    writeFileSync(join(folder, path), text);
  }
}
