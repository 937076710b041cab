import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Bundle, bundleFile, bundleFormat, readBundle } from '../models/bundle.ts';
import { efficientnetLite } from '../models/efficientnet-lite.ts';
import { fromGguf as llamaFromGguf } from '../models/llama-config.ts';
import {
  writeEmbeddingTable,
  writeEncoder,
  writeLanguageModel,
  writeVisualPath,
} from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import { fromGguf } from '../text/gguf-tokenizer.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { openGguf } from '../weights/gguf.ts';
import { withLlamaNames } from '../weights/gguf-llama.ts';
import { openTensors } from '../weights/open.ts';
import { commonWord } from './common-words.ts';
import type { StarterPart } from './starter.ts';

export const starterId = 'starter';

/** Raised whenever what this file writes changes, so that an older bundle is built again. */
const recipeVersion = 3;

const contextLength = 4096;
const frames = 12;
const segments = 3;
/** Token positions of a label, and one for the comma behind it. */
const labelWords = 3;
const keptLabels = 3;

type Part = Pick<StarterPart, 'path' | 'sha256' | 'licence' | 'source'>;

export interface StarterOptions {
  readonly modelsFolder: string;
  readonly languageModel: Part;
  readonly encoder: Part & { readonly name: string; readonly depth: number; readonly size: number };
  /** Class names in the encoder's order. */
  readonly labels: readonly string[];
  readonly onProgress: (sentence: string) => void;
}

/** Names everything that the bundle is made from. */
function recipeOf({ languageModel, encoder, labels }: StarterOptions): string {
  const parts = [
    recipeVersion,
    bundleFormat,
    languageModel.sha256,
    encoder.sha256,
    encoder.depth,
    encoder.size,
    labels,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/**
 * Builds the small model that comes with the application: EfficientNet-Lite for objects, its labels' words as visual
 * tokens (see models/projectors/label-mixture.ts), SmolLM2-135M-Instruct for language. Nothing is trained. Does nothing
 * where the same is built already. The model's folder appears whole or not at all.
 */
export async function assembleStarter(options: StarterOptions): Promise<void> {
  const { modelsFolder, onProgress } = options;
  const folder = join(modelsFolder, starterId);
  const recipe = recipeOf(options);
  const built = await readBundle(folder).catch(() => null);
  if (built?.recipe === recipe) return;
  await removeLeftovers(modelsFolder);
  const work = join(modelsFolder, `.${starterId}-${randomUUID()}`);
  await mkdir(work, { recursive: true });
  try {
    const bundle = await writeParts(options, work, recipe);
    onProgress('Finishing the starter model');
    await writeSynced(join(work, bundleFile), JSON.stringify(bundle, null, 1));
    const old = `${work}-old`;
    await rename(folder, old).catch(() => {});
    await rename(work, folder);
    await rm(old, { recursive: true, force: true });
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

async function writeParts(options: StarterOptions, work: string, recipe: string): Promise<Bundle> {
  const { languageModel, encoder, labels, modelsFolder, onProgress } = options;
  const gguf = await openGguf(languageModel.path);
  const words = withLlamaNames(gguf, languageModel.path);
  const vision = await openTensors(encoder.path);
  try {
    onProgress(`Writing the encoder ${encoder.name}`);
    const eye = efficientnetLite({ depth: encoder.depth, size: encoder.size }, vision);
    await writeEncoder(join(work, 'encoder-objects.onnx'), eye, vision, { precision: 'fp32' });

    onProgress('Writing the language model at 8 bits');
    const config = llamaFromGguf(gguf.metadata, contextLength);
    await writeLanguageModel(join(work, 'language-model.onnx'), config, words, { precision: 'int8' });
    await writeEmbeddingTable(join(work, 'embeddings.f16'), words, 'float16');

    onProgress('Writing the projector');
    const tokenizer = fromGguf(gguf.metadata);
    const projector = await labelWeights(labels, tokenizer, words, config.hidden);
    const positions = labelWords + 1;
    const shape = [frames, eye.spec.tokens, eye.spec.width] as const;
    const mixture = { kind: 'label-mixture', segments, words: positions, keep: keptLabels } as const;
    await writeVisualPath(join(work, 'visual.onnx'), {
      encoders: [{ id: 'objects', shape, projector: mixture, weights: projector }],
      fusion: { kind: 'concat' },
    });

    const sizes = await fileSizes(work);
    const visualTokens = segments * positions;
    return {
      format: bundleFormat,
      id: starterId,
      name: 'Starter',
      description: `${encoder.name} and SmolLM2-135M-Instruct, joined without training.`,
      demonstration: true,
      notice:
        'A small demonstration model: it names common objects (the 1,000 of ImageNet) and often errs. ' +
        'It does not recognise people, actions or text, and what else it says is made up.',
      recipe,
      contextLength,
      encoders: [
        {
          id: 'objects',
          name: encoder.name,
          graph: 'encoder-objects.onnx',
          frames,
          strategy: 'resize-crop',
          filter: eye.spec.filter,
          size: eye.spec.size,
          mean: [...eye.spec.normalisation.mean],
          framesPerStep: eye.spec.framesPerStep,
          tokens: eye.spec.tokens,
          width: eye.spec.width,
          clipFrames: eye.spec.clipFrames,
          visualTokens,
          hash: `${encoder.sha256}:fp32:crop`,
        },
      ],
      visual: { graph: 'visual.onnx', tokens: visualTokens },
      languageModel: {
        graph: 'language-model.onnx',
        embeddings: 'embeddings.f16',
        embeddingType: 'float16',
        layers: config.layers,
        kvHeads: config.kvHeads,
        headDim: config.rope.headDim,
        hidden: config.hidden,
        vocab: config.vocab,
      },
      tokenizer: { kind: 'gguf', file: relative(modelsFolder, languageModel.path) },
      prompt: {
        template: String(gguf.metadata.get('tokenizer.chat_template')),
        system: 'The video shows a<video> and nothing else. Answer in one short sentence.',
        systemWithoutVideo: 'You are a helpful assistant.',
        placement: 'marker',
      },
      parts: [
        {
          role: 'encoder',
          id: 'objects',
          name: encoder.name,
          precision: 'fp32',
          bytes: sizes('encoder-objects.onnx'),
          licence: encoder.licence,
          source: encoder.source,
        },
        {
          role: 'projector',
          id: 'label-mixture',
          name: 'Label mixture',
          precision: 'fp32',
          bytes: sizes('visual.onnx'),
          licence: 'made here',
          source: 'the language model’s embeddings of ImageNet’s class names',
        },
        {
          role: 'languageModel',
          id: 'smollm2-135m-instruct',
          name: 'SmolLM2-135M-Instruct',
          precision: 'int8',
          bytes: sizes('language-model.onnx') + sizes('embeddings.f16'),
          licence: languageModel.licence,
          source: languageModel.source,
        },
      ],
    };
  } finally {
    await gguf.close();
    await vision.close();
  }
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

/** What an assembly that was killed left behind. */
async function removeLeftovers(modelsFolder: string): Promise<void> {
  const names = await readdir(modelsFolder).catch(() => []);
  const stale = names.filter((name) => name.startsWith(`.${starterId}-`));
  await Promise.all(stale.map((name) => rm(join(modelsFolder, name), { recursive: true, force: true })));
}

async function fileSizes(folder: string): Promise<(name: string) => number> {
  const names = await readdir(folder);
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, (await stat(join(folder, name))).size);
  return (name) => (sizes.get(name) ?? 0) + (sizes.get(`${name}.data`) ?? 0);
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
