import { basename, join } from 'node:path';
import { type Bundle, bundleFormat, readBundle } from '../models/bundle.ts';
import { efficientnetLite } from '../models/efficientnet-lite.ts';
import { fromGguf as llamaFromGguf } from '../models/llama-config.ts';
import { partKeys } from '../models/model.ts';
import type { Part, PartOrigin } from '../models/part.ts';
import {
  type VisualPath,
  writeEmbeddingTable,
  writeEncoder,
  writeLanguageModel,
  writeVisualPath,
} from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import { fromGguf } from '../text/gguf-tokenizer.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { openGguf } from '../weights/gguf.ts';
import { ggufHead } from '../weights/gguf-head.ts';
import { withLlamaNames } from '../weights/gguf-llama.ts';
import { openTensors } from '../weights/open.ts';
import { commonWord } from './common-words.ts';
import type { StarterPart } from './starter.ts';
import { writeWhole } from './starter-files.ts';
import { writeBundle } from './write-bundle.ts';
import { type PartDraft, partKey, presentPart, writePart } from './write-part.ts';

export const starterId = 'starter';

/** Raised whenever what this file writes changes, so that older parts are made again. */
const recipeVersion = 5;

/** Positions that its rotary tables are made for. */
export const contextLength = 4096;
const frames = 12;
const segments = 3;
/** Token positions of a label, and one for the comma behind it. */
const labelWords = 3;
const keptLabels = 3;
const positions = labelWords + 1;
const visualTokens = segments * positions;
const encoderId = 'objects';

type Source = Pick<StarterPart, 'path' | 'sha256' | 'licence' | 'source'>;

export interface StarterOptions {
  readonly modelsFolder: string;
  readonly languageModel: Source;
  readonly encoder: Source & { readonly name: string; readonly depth: number; readonly size: number };
  /** Class names in the encoder's order. */
  readonly labels: readonly string[];
  readonly onProgress: (sentence: string) => void;
}

type StarterDrafts = Readonly<Record<Exclude<Part['role'], 'adapter'>, PartDraft>>;

/** What the starter's parts are made from, and so their keys, without reading any of it. */
function draftsOf({ languageModel, encoder, labels }: StarterOptions): StarterDrafts {
  const madeFrom = ({ path, sha256, licence, source }: Source) => ({
    licence,
    origin: { kind: 'package', requirement: source } satisfies PartOrigin,
    inputs: [{ path: basename(path), sha256 }],
  });
  return {
    encoder: {
      ...madeFrom(encoder),
      ...{ role: 'encoder', id: encoderId, name: encoder.name, precision: 'fp32' },
      recipe: [recipeVersion, encoder.depth, encoder.size],
    },
    visual: {
      ...madeFrom(languageModel),
      ...{ role: 'visual', id: 'label-mixture', name: 'Label mixture', precision: 'fp32' },
      recipe: [recipeVersion, frames, segments, labelWords, keptLabels, labels],
    },
    languageModel: {
      ...madeFrom(languageModel),
      ...{
        role: 'languageModel',
        id: 'smollm2-135m-instruct',
        name: 'SmolLM2-135M-Instruct',
        precision: 'int8',
      },
      recipe: [recipeVersion, contextLength],
    },
    tokenizer: {
      ...madeFrom(languageModel),
      ...{ role: 'tokenizer', id: 'smollm2', name: 'SmolLM2’s tokenizer', precision: null },
      recipe: [recipeVersion],
    },
  };
}

/**
 * Builds the small model that comes with the application: EfficientNet-Lite for objects, its labels' words as visual
 * tokens (see models/projectors/label-mixture.ts), SmolLM2-135M-Instruct for language. Nothing is trained. Does nothing
 * where the same is built already; a starter of an older version is replaced.
 */
export async function assembleStarter(options: StarterOptions): Promise<void> {
  const { modelsFolder, onProgress } = options;
  const drafts = draftsOf(options);
  const keys = [drafts.encoder, drafts.visual, drafts.languageModel, drafts.tokenizer].map(partKey);
  const built = await readBundle(modelsFolder, starterId).catch(() => null);
  const whole = await Promise.all(keys.map((key) => presentPart(modelsFolder, key)));
  if (built !== null && !whole.includes(null) && partKeys(built).join() === keys.join()) return;
  const bundle = await writeParts(options, drafts);
  onProgress('Finishing the starter model');
  await writeBundle(modelsFolder, bundle);
}

async function writeParts(options: StarterOptions, drafts: StarterDrafts): Promise<Bundle> {
  const { languageModel, encoder, labels, modelsFolder, onProgress } = options;
  const gguf = await openGguf(languageModel.path);
  const words = withLlamaNames(gguf, languageModel.path);
  const vision = await openTensors(encoder.path);
  try {
    onProgress(`Writing the encoder ${encoder.name}`);
    const eye = efficientnetLite({ depth: encoder.depth, size: encoder.size }, vision);
    const { filter, size, normalisation, framesPerStep, tokens, width, clipFrames } = eye.spec;
    const eyePart = await writePart(modelsFolder, drafts.encoder, async (folder) => {
      const graph = 'encoder.onnx';
      await writeEncoder(join(folder, graph), eye, vision, { precision: 'fp32' });
      const mean = [...normalisation.mean] satisfies readonly number[] as [number, number, number];
      const shape = { framesPerStep, tokens, width, clipFrames };
      return { role: 'encoder', graph, strategy: 'resize-crop', filter, size, mean, ...shape };
    });

    onProgress('Writing the language model at 8 bits');
    const config = llamaFromGguf(gguf.metadata, contextLength);
    const textPart = await writePart(modelsFolder, drafts.languageModel, async (folder) => {
      const files = { graph: 'language-model.onnx', embeddings: 'embeddings.f16' };
      await writeLanguageModel(join(folder, files.graph), config, words, { precision: 'int8' });
      await writeEmbeddingTable(join(folder, files.embeddings), words, 'float16');
      const { layers, kvHeads, hidden, vocab, rope } = config;
      const shape = { layers, kvHeads, headDim: rope.headDim, hidden, vocab, contextLength };
      return { role: 'languageModel', ...files, embeddingType: 'float16', ...shape };
    });

    onProgress('Writing the projector');
    const visualPart = await writePart(modelsFolder, drafts.visual, async (folder) => {
      const graph = 'visual.onnx';
      const visual = await starterVisual(labels, fromGguf(gguf.metadata), words, config.hidden);
      await writeVisualPath(join(folder, graph), visual);
      const encoders = [{ id: encoderId, frames, visualTokens }];
      const names = { projector: 'label-mixture', fusion: 'concat' };
      return { role: 'visual', graph, ...names, encoders, tokens: visualTokens, mixing: false };
    });

    const tokenizerPart = await writePart(modelsFolder, drafts.tokenizer, async (folder) => {
      const file = 'tokenizer.gguf';
      await writeWhole(join(folder, file), [await ggufHead(languageModel.path)]);
      return { role: 'tokenizer', kind: 'gguf', file, config: null };
    });
    return {
      format: bundleFormat,
      id: starterId,
      name: 'Starter',
      description: `${encoder.name} and SmolLM2-135M-Instruct, joined without training.`,
      demonstration: true,
      notice:
        'A small demonstration model: it names common objects (the 1,000 of ImageNet) and often errs. ' +
        'It does not recognise people, actions or text, and what else it says is made up.',
      createdAt: Date.now(),
      source: { kind: 'catalogue', id: starterId },
      contextLength,
      encoders: [{ part: eyePart.key, id: encoderId, frames }],
      visual: { part: visualPart.key },
      languageModel: { part: textPart.key },
      tokenizer: { part: tokenizerPart.key },
      prompt: {
        kind: 'template',
        template: String(gguf.metadata.get('tokenizer.chat_template')),
        system: 'The video shows a<video> and nothing else. Answer in one short sentence.',
        systemWithoutVideo: 'You are a helpful assistant.',
        placement: 'marker',
      },
    };
  } finally {
    await gguf.close();
    await vision.close();
  }
}

/** The starter's projector as it is before any training; `words` are the language model's weights. */
export async function starterVisual(
  labels: readonly string[],
  tokenizer: Tokenizer,
  words: Weights,
  hidden: number,
): Promise<VisualPath> {
  const weights = await labelWeights(labels, tokenizer, words, hidden);
  const projector = { kind: 'label-mixture', segments, words: positions, keep: keptLabels } as const;
  return {
    encoders: [{ id: encoderId, shape: [frames, 1, labels.length], projector, weights }],
    fusion: { kind: 'concat' },
  };
}

/**
 * `labels` [classes, (labelWords + 1)·hidden]: the embeddings of each class name's tokens (cut or filled with commas),
 * then of a comma.
 */
async function labelWeights(
  labels: readonly string[],
  tokenizer: Tokenizer,
  source: Weights,
  hidden: number,
): Promise<Weights> {
  const embeddings = await source.read('model.embed_tokens.weight');
  const row = (id: number) => embeddings.subarray(id * hidden, (id + 1) * hidden);
  const single = (text: string) => row(tokenizer.encode(text)[0]!);
  const width = (labelWords + 1) * hidden;
  const table = new Float32Array(labels.length * width);
  for (const [label, name] of labels.entries()) {
    const ids = tokenizer.encode(` ${commonWord(label, name)}`);
    for (let word = 0; word < labelWords; word++) {
      const id = ids[word];
      table.set(id === undefined ? single(',') : row(id), label * width + word * hidden);
    }
    table.set(single(','), label * width + labelWords * hidden);
  }
  return {
    tensors: new Map([['labels', { shape: [labels.length, width] }]]),
    read: async () => table,
  };
}
