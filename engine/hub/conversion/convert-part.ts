import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { cancelled } from '../../contract/errors.ts';
import type { Precision } from '../../contract/models.ts';
import type { Part, PartSpec } from '../../models/part.ts';
import {
  writeEmbeddingTable,
  writeEncoder,
  writeLanguageModel,
  writeVisualPath,
} from '../../models/write-graphs.ts';
import { ggufHead } from '../../weights/gguf-head.ts';
import { openFile } from '../../weights/random-access-file.ts';
import { writeWhole } from '../starter-files.ts';
import { type PartDraft, writePart } from '../write-part.ts';
import { longestContext, withEncoder, withLanguageModel, withVisual } from './openings.ts';
import { encoderLinear, languageLinear } from './part-sizes.ts';
import type {
  EncoderMaking,
  LanguageModelMaking,
  RecipePart,
  SourceFile,
  TokenizerMaking,
  VisualMaking,
} from './recipe.ts';

/** Raised whenever what this file writes changes, so that parts of before are not taken for the same. */
const conversionVersion = 1;

/** A source file on this machine; the parts of a sharded one lie side by side. */
export interface LocatedFile {
  readonly path: string;
  readonly sha256: string;
}

export interface ConversionOptions {
  readonly modelsFolder: string;
  readonly locate: (file: SourceFile) => LocatedFile;
  /** Tensors written so far and in all. */
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/**
 * What a part is made from, and so its key; `sha256` null for a file whose content is not known yet, and then null.
 * `precision` is one of the part's `sizes`.
 */
export function draftOf(
  part: RecipePart,
  precision: Precision | null,
  sha256: (file: SourceFile) => string | null,
): PartDraft | null {
  const { role, id, name, licence, origin } = part;
  const inputs: { path: string; sha256: string }[] = [];
  for (const file of inputFiles(part)) {
    const hash = sha256(file);
    if (hash === null) return null;
    inputs.push({ path: file.path, sha256: hash });
  }
  return { role, id, name, precision, licence, origin, inputs, recipe: recipeOf(part) };
}

/** The files whose content makes the part; configurations are in the recipe itself. */
function inputFiles({ making, files }: RecipePart): readonly SourceFile[] {
  if (making.role !== 'tokenizer') return files.filter(({ path }) => !path.endsWith('.json'));
  return making.config === null ? [making.file] : [making.file, making.config];
}

function recipeOf({ making }: RecipePart): unknown {
  switch (making.role) {
    case 'encoder':
      return [conversionVersion, making.id, making.config, making.strategy];
    case 'visual': {
      const { projector, fusion, tokenLength, encoders } = making;
      return [conversionVersion, projector, fusion, tokenLength, encoders];
    }
    case 'languageModel':
      return [conversionVersion, making.form, making.config, longestContext];
    case 'tokenizer':
      return [conversionVersion, making.kind];
  }
}

/**
 * Makes a part of files that are on this machine, one tensor in memory at a time; one that is there already is left
 * alone. Nothing half-written is ever seen. Throws ExpectedError 'cancelled' between two tensors, 'disk_full',
 * 'model_unsupported', 'model_incomplete', 'file_corrupt'.
 */
export async function convertPart(
  part: RecipePart,
  precision: Precision | null,
  options: ConversionOptions,
): Promise<Part> {
  const { modelsFolder, locate, signal } = options;
  const draft = draftOf(part, precision, (file) => locate(file).sha256);
  if (draft === null) throw new Error('a file that lies on this machine has a hash');
  if (signal.aborted) throw cancelled();
  return writePart(modelsFolder, draft, (folder) => writeFiles(part.making, precision, folder, options));
}

function writeFiles(
  making: RecipePart['making'],
  precision: Precision | null,
  folder: string,
  options: ConversionOptions,
): Promise<PartSpec> {
  switch (making.role) {
    case 'encoder':
      return writeEncoderFiles(making, precision ?? 'fp32', folder, options);
    case 'visual':
      return writeVisualFiles(making, folder, options);
    case 'languageModel':
      return writeLanguageModelFiles(making, precision ?? 'fp32', folder, options);
    case 'tokenizer':
      return writeTokenizerFiles(making, folder, options);
  }
}

/** Progress that ends the writing once the job is stopped. */
function stoppable({ onProgress, signal }: ConversionOptions, more = 0) {
  return (done: number, total: number): void => {
    if (signal.aborted) throw cancelled();
    onProgress(done, total + more);
  };
}

async function writeEncoderFiles(
  making: EncoderMaking,
  precision: Precision,
  folder: string,
  options: ConversionOptions,
): Promise<PartSpec> {
  const linear = encoderLinear(precision);
  if (linear === null) throw new Error(`encoders are not written at ${precision}`);
  return withEncoder(making, options.locate(making.weights).path, openFile, async (encoder, weights) => {
    const graph = 'encoder.onnx';
    await writeEncoder(join(folder, graph), encoder, weights, {
      precision: linear,
      onProgress: stoppable(options),
    });
    const { normalisation, ...shape } = encoder.spec;
    const [red, green, blue] = normalisation.mean;
    return { ...shape, role: 'encoder', graph, strategy: making.strategy, mean: [red, green, blue] };
  });
}

async function writeVisualFiles(
  making: VisualMaking,
  folder: string,
  options: ConversionOptions,
): Promise<PartSpec> {
  return withVisual(making, options.locate(making.checkpoint).path, openFile, async (visual) => {
    const graph = 'visual.onnx';
    const { tokens, perEncoder, mixing } = await writeVisualPath(
      join(folder, graph),
      visual,
      stoppable(options),
    );
    const encoders = making.encoders.map(({ id, frames }, i) => ({
      id,
      frames,
      visualTokens: perEncoder[i]!,
    }));
    const { projector } = making;
    return { role: 'visual', graph, projector, fusion: visual.fusion.kind, encoders, tokens, mixing };
  });
}

async function writeLanguageModelFiles(
  making: LanguageModelMaking,
  precision: Precision,
  folder: string,
  options: ConversionOptions,
): Promise<PartSpec> {
  return withLanguageModel(making, options.locate(making.weights).path, openFile, async (config, weights) => {
    const type = precision === 'fp32' ? 'float32' : 'float16';
    const files = { graph: 'language-model.onnx', embeddings: `embeddings.${type}` };
    let tensors = 0;
    const onProgress = stoppable(options, 1);
    await writeLanguageModel(join(folder, files.graph), config, weights, {
      precision: languageLinear(precision),
      onProgress: (done, total) => {
        tensors = total;
        onProgress(done, total);
      },
    });
    await writeEmbeddingTable(join(folder, files.embeddings), weights, type);
    stoppable(options, 1)(tensors + 1, tensors);
    const { layers, kvHeads, hidden, vocab, rope } = config;
    const shape = { layers, kvHeads, headDim: rope.headDim, hidden, vocab };
    const contextLength = rope.positions;
    return { role: 'languageModel', ...files, embeddingType: type, ...shape, contextLength };
  });
}

async function writeTokenizerFiles(
  { kind, file, config }: TokenizerMaking,
  folder: string,
  { locate, onProgress }: ConversionOptions,
): Promise<PartSpec> {
  const names = { gguf: 'tokenizer.gguf', json: 'tokenizer.json', sentencepiece: 'tokenizer.model' } as const;
  const { path } = locate(file);
  await writeWhole(
    join(folder, names[kind]),
    kind === 'gguf' ? [await ggufHead(path)] : createReadStream(path),
  );
  const configName = config === null ? null : 'tokenizer_config.json';
  if (config !== null && configName !== null) {
    await writeWhole(join(folder, configName), createReadStream(locate(config).path));
  }
  onProgress(1, 1);
  return { role: 'tokenizer', kind, file: names[kind], config: configName };
}
