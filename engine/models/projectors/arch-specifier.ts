import { ExpectedError } from '../../contract/errors.ts';
import type { MlpKind } from './mlp.ts';
import type { Projector } from './projector.ts';

/** What one of the reference's combined names says, e.g. `no-align+3davg+linear` or `3dconv+frame2+gelu-mlp`. */
export interface ArchSpecifier {
  /** False where training has no stage that aligns the projector alone. */
  readonly alignStage: boolean;
  readonly resampler: Resampler | null;
  readonly mlp: MlpKind;
  /** How many input frames become one. */
  readonly frameFactor: number;
}

/** In the order in which the reference looks for them. */
const resamplers = ['avg', 'attntv', 'conv', '3davg', '3dconv'] as const;
export type Resampler = (typeof resamplers)[number];

/** In the order in which the reference tries the endings: `fused-gelu-mlp` ends in `gelu-mlp` too. */
const endings = ['linear', 'fused-gelu-mlp', 'gelu-mlp', 'none'] as const;

const attentiveHeads = 8;

function unsupported(sentence: string): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    sentence,
    'Check `arch_specifier` in the model’s config.json; no-align+3davg+linear is the usual one.',
  );
}

/**
 * The rules at the top of the reference's MERV.__init__ (merv/models/vidlms/merv.py), with their looseness: only the
 * ending names the MLP, and a part that is not known is passed over. Throws ExpectedError 'model_unsupported'.
 */
export function parseArchSpecifier(text: string): ArchSpecifier {
  const mlp = endings.find((ending) => text.endsWith(ending));
  if (mlp === undefined) throw unsupported(`The projector ${text} is not one that the reference knows.`);
  const parts = text.split('+');
  const resampler = resamplers.find((name) => parts.includes(name)) ?? null;
  const poolsFrames = resampler === '3davg' || resampler === '3dconv';
  return {
    alignStage: !text.startsWith('no-align'),
    resampler,
    mlp,
    frameFactor: poolsFrames && text.includes('frame') ? frameFactor(text) : 1,
  };
}

function frameFactor(text: string): number {
  const factor = Number(/frame(\d+)/.exec(text)?.[1] ?? 0);
  if (factor === 0) throw unsupported(`The projector ${text} does not say how many frames become one.`);
  return factor;
}

/**
 * The projector for an encoder of so many `frames` (temporal_resolution) with `tokenLength` tokens a frame behind it
 * (projector_token_length). Throws ExpectedError 'model_unsupported' where tokenLength is no square, or no frame is left.
 */
export function projectorFor(specifier: ArchSpecifier, frames: number, tokenLength: number): Projector {
  const { resampler, mlp, frameFactor } = specifier;
  if (resampler === null) return { kind: 'per-token', mlp };
  const side = Math.sqrt(tokenLength);
  if (!Number.isInteger(side)) {
    throw unsupported(`The projector's tokens a frame must be a square number, but are ${tokenLength}.`);
  }
  const left = Math.floor(frames / frameFactor);
  if (left === 0) throw unsupported(`The projector makes one of ${frameFactor} frames, but gets ${frames}.`);
  switch (resampler) {
    case 'avg':
    case '3davg':
      return { kind: 'average', frames: left, side, mlp };
    case 'attntv':
      return { kind: 'attentive', heads: attentiveHeads, mlp };
    case 'conv':
      return { kind: 'convolution', side, mlp };
    case '3dconv':
      return { kind: 'convolution-3d', frames: left, side, mlp };
  }
}
