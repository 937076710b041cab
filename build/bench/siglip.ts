import { siglip } from '../../engine/models/siglip.ts';
import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { decodeFrames } from '../../engine/video/decode.ts';
import type { OpenedVideo } from '../../engine/video/video.ts';
import { keptGraph } from './places.ts';
import { randomSiglip } from './random-weights.ts';

export const siglipFrames = 16;
export const siglipSize = 224;

/** SigLIP ViT-B/16 at 224 as the reference uses it, with random weights, as a graph. */
export function siglipGraph(precision: LinearPrecision): Promise<string> {
  const weights = randomSiglip();
  const encoder = siglip({ architecture: 'vit_base_patch16_siglip_224' }, weights);
  return keptGraph(`siglip-${precision}`, (file) => writeEncoder(file, encoder, weights, { precision }));
}
