import { ExpectedError } from '../../contract/errors.ts';
import type { Encoder } from '../../models/encoder.ts';
import { encoderOf } from '../../models/encoder-families.ts';
import { parseFusion } from '../../models/fusion/fusion.ts';
import type { LlamaConfig } from '../../models/llama.ts';
import { fromGguf, fromHuggingFace } from '../../models/llama-config.ts';
import { requireLlamaTensors } from '../../models/llama-tensors.ts';
import { parseArchSpecifier, projectorFor } from '../../models/projectors/arch-specifier.ts';
import type { VisualPath } from '../../models/write-graphs.ts';
import type { Weights } from '../../nn/weights.ts';
import { openGguf } from '../../weights/gguf.ts';
import { withLlamaNames } from '../../weights/gguf-llama.ts';
import { openWeightsFile } from '../../weights/open.ts';
import type { OpenFile } from '../../weights/random-access-file.ts';
import { renamed, stripPrefix } from '../../weights/rename.ts';
import type { TensorSource } from '../../weights/tensor-source.ts';
import type { EncoderMaking, LanguageModelMaking, VisualMaking } from './recipe.ts';

/** Positions that rotary tables are made for, of models that could read more. */
export const longestContext = 32_768;

/**
 * `use` gets what a part is written from while its weights file, found by `open`, is open; only what it reads of the
 * weights is read. All throw ExpectedError 'model_unsupported', 'model_incomplete' and what the file's reader throws.
 */
export async function withEncoder<T>(
  making: EncoderMaking,
  path: string,
  open: OpenFile,
  use: (encoder: Encoder, weights: Weights) => Promise<T>,
): Promise<T> {
  return withTensors(path, open, (source) => {
    const { encoder, weights } = encoderOf(making.id, making.config, source);
    return use(encoder, weights);
  });
}

export async function withLanguageModel<T>(
  making: Pick<LanguageModelMaking, 'form' | 'config'>,
  path: string,
  open: OpenFile,
  use: (config: LlamaConfig, weights: Weights) => Promise<T>,
): Promise<T> {
  if (making.form === 'gguf') {
    const source = await openGguf(path, open);
    try {
      const config = fromGguf(source.metadata, longestContext);
      const divisors = source.tensors.has(ropeFactors) ? [...(await source.read(ropeFactors))] : undefined;
      const scaled = { ...config, rope: { ...config.rope, divisors } };
      return await use(...fitted(scaled, withLlamaNames(source, path)));
    } finally {
      await source.close();
    }
  }
  return withTensors(path, open, (source) => {
    const config = fromHuggingFace(making.config, longestContext);
    const weights = making.form === 'merv' ? checkpointPart(source, path, 'llm_backbone.llm.') : source;
    return use(...fitted(config, isTied(making.config) ? withoutHead(weights) : weights));
  });
}

/** What llama.cpp divides LLaMA 3.1's rotary frequencies by, one number a pair of columns. */
const ropeFactors = 'rope_freqs.weight';

function isTied(config: unknown): boolean {
  return (config as { readonly tie_word_embeddings?: unknown } | null)?.tie_word_embeddings === true;
}

/** A tied head that is stored all the same is the embedding again. */
function withoutHead(weights: TensorSource): TensorSource {
  return renamed(weights, (name) => (name === 'lm_head.weight' ? null : name));
}

/** The rows of the embedding say how many tokens there are: MERV adds `<PAD>` and fills up to a multiple of 64. */
function fitted(config: LlamaConfig, weights: TensorSource): [LlamaConfig, Weights] {
  const rows = weights.tensors.get('model.embed_tokens.weight')?.shape[0];
  const known = rows === undefined ? config : { ...config, vocab: rows };
  requireLlamaTensors(known, weights);
  return [known, weights];
}

export async function withVisual<T>(
  making: Pick<VisualMaking, 'projector' | 'fusion' | 'tokenLength' | 'encoders'>,
  path: string,
  open: OpenFile,
  use: (visual: VisualPath) => Promise<T>,
): Promise<T> {
  return withTensors(path, open, (source) => {
    const projectors = projectorWeights(source, path);
    const specifier = parseArchSpecifier(making.projector);
    return use({
      encoders: making.encoders.map(({ id, shape }, i) => ({
        id,
        shape,
        projector: projectorFor(specifier, shape[0], making.tokenLength),
        weights: stripPrefix(projectors, `${i}.`),
      })),
      fusion: parseFusion(making.fusion, fusionWeights(source)),
    });
  });
}

/** Checkpoints of one encoder used to call them `projector`, without a number (MERV.from_pretrained). */
function projectorWeights(source: TensorSource, path: string): TensorSource {
  const old = stripPrefix(source, 'model.projector.');
  if (old.tensors.size === 0) return checkpointPart(source, path, 'projectors.');
  const named = (name: string) => `0.${name}`;
  return {
    ...old,
    tensors: new Map([...old.tensors].map(([name, info]) => [named(name), { ...info, name: named(name) }])),
    read: (name) => old.read(name.slice(2)),
  };
}

/** Empty where the checkpoint has none: the fusion itself says what it lacks. */
function fusionWeights(source: TensorSource): TensorSource {
  const [named, old] = ['model.feature_fusion.', 'model.adapter.'].map((at) => stripPrefix(source, at));
  return named!.tensors.size > 0 ? named! : old!;
}

/** A MERV checkpoint is `{ model: { llm_backbone, projectors, … }, optimizer? }`. */
function checkpointPart(source: TensorSource, path: string, name: string): TensorSource {
  const part = stripPrefix(source, `model.${name}`);
  if (part.tensors.size > 0) return part;
  throw new ExpectedError(
    'model_incomplete',
    `The checkpoint ${path} has no model.${name}*.`,
    'Choose a checkpoint that the reference’s training has saved at the end of a stage.',
  );
}

async function withTensors<T>(
  path: string,
  open: OpenFile,
  use: (source: TensorSource) => Promise<T>,
): Promise<T> {
  const source = await openWeightsFile(path, open);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
