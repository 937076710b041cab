import { basename, join } from 'node:path';
import { type Bundle, bundleFormat, readBundle } from '../models/bundle.ts';
import { efficientnetLite } from '../models/efficientnet-lite.ts';
import type { Encoder } from '../models/encoder.ts';
import type { LlamaConfig } from '../models/llama.ts';
import { fromGguf as llamaFromGguf } from '../models/llama-config.ts';
import { partKeys } from '../models/model.ts';
import { modulePrefixes } from '../models/module-prefixes.ts';
import { motion } from '../models/motion.ts';
import { overlaid } from '../models/overlay.ts';
import type { PartOrigin, SpecOf } from '../models/part.ts';
import {
  type VisualPath,
  writeEmbeddingTable,
  writeEncoder,
  writeLanguageModel,
  writeVisualPath,
} from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import { fromGguf } from '../text/gguf-tokenizer.ts';
import { type GgufSource, openGguf } from '../weights/gguf.ts';
import { ggufHead } from '../weights/gguf-head.ts';
import { withLlamaNames } from '../weights/gguf-llama.ts';
import { openTensors } from '../weights/open.ts';
import type { StarterPart } from './starter.ts';
import { motionConfig } from './starter-attributes.ts';
import { writeWhole } from './starter-files.ts';
import { starterPrompt } from './starter-prompt.ts';
import { type StarterTraining, starterAdapter, type TrainedFile } from './starter-training.ts';
import { starterEncoders, starterVisual } from './starter-visual.ts';
import { writeBundle } from './write-bundle.ts';
import { type PartDraft, partKey, presentPart, writePart } from './write-part.ts';

export const starterId = 'starter';

/** Raised whenever what this file writes changes, so that older parts are made again. */
const recipeVersion = 6;

/** Positions that its rotary tables are made for. */
export const contextLength = 4096;

type Source = Pick<StarterPart, 'path' | 'sha256' | 'licence' | 'source'>;

export interface StarterOptions {
  readonly modelsFolder: string;
  readonly languageModel: Source;
  readonly encoder: Source & { readonly name: string; readonly depth: number; readonly size: number };
  /** Class names in the encoder's order. */
  readonly labels: readonly string[];
  /** What build/scripts/train-starter has made. */
  readonly training: StarterTraining;
  readonly onProgress: (sentence: string) => void;
}

interface StarterDrafts {
  readonly objects: PartDraft;
  readonly motion: PartDraft;
  readonly visual: PartDraft;
  readonly languageModel: PartDraft;
  readonly tokenizer: PartDraft;
}

/** What the starter's parts are made from, and so their keys, without reading any of it. */
function draftsOf({ languageModel, encoder, labels, training }: StarterOptions): StarterDrafts {
  const madeFrom = ({ path, sha256, licence, source }: Source, ...more: readonly TrainedFile[]) => ({
    licence,
    origin: { kind: 'package', requirement: source } satisfies PartOrigin,
    inputs: [
      { path: basename(path), sha256 },
      ...more.map(({ name, sha256: hash }) => ({ path: name, sha256: hash })),
    ],
  });
  return {
    objects: {
      ...madeFrom(encoder),
      ...{ role: 'encoder', id: starterEncoders.objects.id, name: encoder.name, precision: 'fp32' },
      recipe: [recipeVersion, encoder.depth, encoder.size],
    },
    motion: {
      licence: 'see the application',
      origin: { kind: 'package', requirement: 'MERV Studio' },
      inputs: [{ path: training.motion.name, sha256: training.motion.sha256 }],
      ...{ role: 'encoder', id: starterEncoders.motion.id, name: 'Motion encoder', precision: 'fp32' },
      recipe: [recipeVersion, motionConfig],
    },
    visual: {
      ...madeFrom(languageModel, training.adapter),
      ...{ role: 'visual', id: 'label-mixture', name: 'Label mixture', precision: 'fp32' },
      recipe: [recipeVersion, starterEncoders, labels],
    },
    languageModel: {
      ...madeFrom(languageModel, training.adapter),
      ...{
        role: 'languageModel',
        id: 'smollm2-135m-instruct',
        name: 'SmolLM2-135M-Instruct, aligned',
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
 * Builds the small model that comes with the application: EfficientNet-Lite for objects and a motion encoder of our own, what
 * they say as words (starter-visual.ts), SmolLM2-135M-Instruct for language, aligned by what build/scripts/train-starter has
 * trained. Does nothing where the same is built already; a starter of an older version is replaced.
 */
export async function assembleStarter(options: StarterOptions): Promise<void> {
  const { modelsFolder, onProgress } = options;
  const drafts = draftsOf(options);
  const { objects, motion: moving, visual, languageModel, tokenizer } = drafts;
  const keys = [objects, moving, visual, languageModel, tokenizer].map(partKey);
  const built = await readBundle(modelsFolder, starterId).catch(() => null);
  const whole = await Promise.all(keys.map((key) => presentPart(modelsFolder, key)));
  if (built !== null && !whole.includes(null) && partKeys(built).join() === keys.join()) return;
  const bundle = await writeParts(options, drafts);
  onProgress('Finishing the starter model');
  await writeBundle(modelsFolder, bundle);
}

async function writeParts(options: StarterOptions, drafts: StarterDrafts): Promise<Bundle> {
  const { languageModel, encoder, labels, training, modelsFolder, onProgress } = options;
  const gguf = await openGguf(languageModel.path);
  const vision = await openTensors(encoder.path);
  const moving = await openTensors(training.motion.path);
  const trained = await openTensors(training.adapter.path);
  try {
    const weights = starterWeights(gguf, languageModel.path, trained);
    onProgress(`Writing the encoder ${encoder.name}`);
    const objectPart = await writePart(modelsFolder, drafts.objects, (folder) =>
      writeEncoderPart(
        folder,
        efficientnetLite({ depth: encoder.depth, size: encoder.size }, vision),
        vision,
      ),
    );
    const motionPart = await writePart(modelsFolder, drafts.motion, (folder) =>
      writeEncoderPart(folder, motion(motionConfig, moving), moving),
    );

    onProgress('Writing the language model at 8 bits');
    const textPart = await writePart(modelsFolder, drafts.languageModel, (folder) =>
      writeLanguageModelPart(folder, weights.config, weights.languageModel),
    );

    onProgress('Writing the projector');
    const visualPart = await writePart(modelsFolder, drafts.visual, async (folder) => {
      const graph = 'visual.onnx';
      const visual = await weights.visual(labels);
      const { tokens, perEncoder, mixing } = await writeVisualPath(join(folder, graph), visual);
      const encoders = Object.values(starterEncoders).map((each, i) => ({
        ...each,
        visualTokens: perEncoder[i]!,
      }));
      const names = { projector: 'label-mixture', fusion: 'concat' };
      return { role: 'visual', graph, ...names, encoders, tokens, mixing };
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
      description: `${encoder.name}, a motion encoder and SmolLM2-135M-Instruct, aligned on clips that were drawn.`,
      demonstration: true,
      notice:
        'A small demonstration model: it names common objects (the 1,000 of ImageNet) and simple movement, and often errs. ' +
        'It does not recognise people, actions or text.',
      createdAt: Date.now(),
      source: { kind: 'catalogue', id: starterId },
      contextLength,
      encoders: [
        { part: objectPart.key, ...starterEncoders.objects },
        { part: motionPart.key, ...starterEncoders.motion },
      ],
      visual: { part: visualPart.key },
      languageModel: { part: textPart.key },
      tokenizer: { part: tokenizerPart.key },
      prompt: starterPrompt(gguf.metadata),
    };
  } finally {
    await gguf.close();
    await vision.close();
    await moving.close();
    await trained.close();
  }
}

/** The starter as it was before anything is quantised: its language model's file at `path`, and what was trained on top. */
export function starterWeights(gguf: GgufSource, path: string, trained: Weights) {
  const words = withLlamaNames(gguf, path);
  const config = llamaFromGguf(gguf.metadata, contextLength);
  return {
    config,
    /** Under Hugging Face's names. */
    languageModel: overlaid(words, trained, modulePrefixes.languageModel, starterAdapter),
    /** Labels are told in the words that the language model had before. */
    visual: (labels: readonly string[]): Promise<VisualPath> =>
      starterVisual(labels, fromGguf(gguf.metadata), words, config.hidden, trained),
  };
}

/** SmolLM2's graph at 8 bits and its embeddings. */
export async function writeLanguageModelPart(
  folder: string,
  config: LlamaConfig,
  words: Weights,
): Promise<SpecOf<'languageModel'>> {
  const files = { graph: 'language-model.onnx', embeddings: 'embeddings.f16' };
  await writeLanguageModel(join(folder, files.graph), config, words, { precision: 'int8' });
  await writeEmbeddingTable(join(folder, files.embeddings), words, 'float16');
  const { layers, kvHeads, hidden, vocab, rope } = config;
  const shape = { layers, kvHeads, headDim: rope.headDim, hidden, vocab, contextLength };
  return { role: 'languageModel', ...files, embeddingType: 'float16', ...shape };
}

async function writeEncoderPart(
  folder: string,
  encoder: Encoder,
  weights: Weights,
): Promise<SpecOf<'encoder'>> {
  const graph = 'encoder.onnx';
  await writeEncoder(join(folder, graph), encoder, weights, { precision: 'fp32' });
  const { filter, size, normalisation, framesPerStep, tokens, width, clipFrames } = encoder.spec;
  const mean = [...normalisation.mean] satisfies readonly number[] as [number, number, number];
  const shape = { framesPerStep, tokens, width, clipFrames };
  return { role: 'encoder', graph, strategy: 'resize-crop', filter, size, mean, ...shape };
}
