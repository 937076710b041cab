import type { Precision } from '../contract/models.ts';

/*
 * What build/bench/memory.ts measures with SigLIP, ViViT and SmolLM2 at every precision; each figure below is what
 * was found there, rounded up.
 */

/** Node, ONNX Runtime and the engine's own modules, without a model, in bytes. */
export const baseMemory = 200e6;

/** A session beside its weights. */
const sessionBytes = 30e6;
/** fp16 weights are widened when a session is opened. */
const widening = 2;
/** Values an encoder holds at once, in multiples of its features. */
const encoderValues = 24;
/** Values a decoder holds at once for a token of a chunk, in multiples of its width. */
const decoderValues = 40;
/** New keys and values exist three times for a moment: by layer, joined, and copied out of the graph. */
const rowCopies = 3;
/** The cache grows by a quarter, and the old buffers may not be gone yet. */
const cacheCopies = 2;
/** Scores before and after the softmax, and cut again. */
const scoreCopies = 3;
/** Bytes of float32. */
const float = 4;

/** Prompt tokens read in one call of a language model: Stop works between two. */
export const prefillChunk = 256;

/** A session whose graph has so many bytes of weights. */
export function sessionMemory(weightBytes: number, precision: Precision | null): number {
  return sessionBytes + weightBytes * (precision === 'fp16' ? widening : 1);
}

/** What an encoder's call takes for each of its frames. */
export function frameMemory(spec: {
  readonly tokens: number;
  readonly width: number;
  readonly framesPerStep: number;
}): number {
  return (spec.tokens * spec.width * float * encoderValues) / spec.framesPerStep;
}

/** What a decoder takes beside its weights: always for reading a chunk of the prompt, and for each token of context. */
export function decoderMemory(shape: {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly hidden: number;
}): { readonly chunk: number; readonly perToken: number } {
  const { layers, kvHeads, headDim, hidden } = shape;
  const keysAndValues = 2 * layers * kvHeads * headDim * float;
  return {
    chunk: prefillChunk * (rowCopies * keysAndValues + decoderValues * hidden * float),
    perToken: cacheCopies * keysAndValues + scoreCopies * prefillChunk * (hidden / headDim) * float,
  };
}
