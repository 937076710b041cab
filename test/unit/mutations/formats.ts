import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifests } from './manifests.ts';
import { archiveBases, mutateArchive } from './mutate-archive.ts';
import { type Mutation, mutateBytes } from './mutate-bytes.ts';
import { mutateGguf } from './mutate-gguf.ts';
import { mutateJson } from './mutate-json.ts';
import { mutateBarePickle } from './mutate-pickle.ts';
import { mutateProtobuf } from './mutate-protobuf.ts';
import { mutateZip } from './mutate-zip.ts';
import { readArchive, readGguf, readManifest, readSharded, readTokenizer, readWeights } from './readers.ts';
import { tokenizerJsonBases, tokenizerModelBases } from './tokenizer-bases.ts';
import { ggufBases, legacyPytorchBases, pytorchBases, safetensorsBases, shardIndex } from './weight-bases.ts';

export interface Format {
  /** Sound files, small and different. */
  readonly bases: readonly Buffer[];
  /** Each equally likely. */
  readonly mutations: readonly Mutation[];
  /** Everything that the application does with such a file; `base` is the index of the sound one. */
  readonly read: (file: Buffer, base: number) => Promise<void>;
}

/** The header changed as JSON; its length then right again, or left as it was. */
const mutateSafetensorsHeader: Mutation = (bytes, random, note) => {
  const length = bytes.length < 8 ? 0 : Number(bytes.readBigUInt64LE(0));
  if (length > bytes.length - 8) return mutateBytes(bytes, random, note);
  const header = mutateJson(bytes.subarray(8, 8 + length), random, note);
  const claimed = Buffer.alloc(8);
  claimed.writeBigUInt64LE(BigInt(random.chance(0.9) ? header.length : length));
  return Buffer.concat([claimed, header, bytes.subarray(8 + length)]);
};

/** `scratch` is an empty folder, `fixtures` that of test/fixtures. */
export function formatsIn(scratch: string, fixtures: string): Readonly<Record<string, () => Format>> {
  const file = join(scratch, 'file');
  const llm = join(fixtures, 'merv-tiny', 'llm');
  /** Damages the tokenizer's file more often than its configuration. */
  const tokenizer = (kind: 'json' | 'sentencepiece', files: readonly Buffer[]): Format => {
    const config = readFileSync(join(llm, 'tokenizer_config.json'));
    const sound = { file: files[0] ?? config, config };
    return {
      bases: [...files, config],
      mutations: kind === 'json' ? [mutateBytes, mutateJson, mutateJson] : [mutateBytes, mutateProtobuf],
      read: (bytes, base) =>
        readTokenizer(scratch, kind, bytes, sound, base < files.length ? 'file' : 'config'),
    };
  };
  return {
    safetensors: () => ({
      bases: safetensorsBases(),
      mutations: [mutateBytes, mutateSafetensorsHeader],
      read: (bytes) => readWeights(file, bytes),
    }),
    index: () => ({
      bases: [Buffer.from(shardIndex)],
      mutations: [mutateBytes, mutateJson, mutateJson],
      read: (bytes) => readSharded(scratch, bytes),
    }),
    pytorch: () => ({
      bases: pytorchBases(),
      mutations: [mutateBytes, mutateZip, mutateZip],
      read: (bytes) => readWeights(file, bytes),
    }),
    'pytorch-legacy': () => ({
      bases: legacyPytorchBases(),
      mutations: [mutateBytes, mutateBarePickle, mutateBarePickle],
      read: (bytes) => readWeights(file, bytes),
    }),
    gguf: () => ({
      bases: ggufBases(),
      mutations: [mutateBytes, mutateGguf],
      read: (bytes) => readGguf(file, bytes),
    }),
    'tokenizer-json': () => tokenizer('json', tokenizerJsonBases(llm)),
    'tokenizer-model': () => tokenizer('sentencepiece', tokenizerModelBases(llm)),
    archive: () => ({
      bases: archiveBases(),
      mutations: [mutateBytes, mutateArchive, mutateArchive],
      read: (bytes) => readArchive(scratch, bytes),
    }),
    manifest: () => ({
      bases: manifests().map(({ text }) => Buffer.from(text)),
      mutations: [mutateBytes, mutateJson, mutateJson],
      read: (bytes, base) => readManifest(scratch, bytes, base),
    }),
  };
}
