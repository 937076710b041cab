import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import { siglip } from '../../engine/models/siglip.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { decodeFrames } from '../../engine/video/decode.ts';
import { sampleFrames } from '../../engine/video/sampling.ts';
import type { OpenedVideo } from '../../engine/video/video.ts';
import { keptGraph } from './places.ts';

const weights = randomSiglip();
const encoder = siglip({ architecture: 'vit_base_patch16_siglip_224' }, weights);

/** SigLIP ViT-B/16 at 224 with random weights, up to the last but one block as the reference uses it. */
export async function openSiglip(precision: LinearPrecision): Promise<EncoderSession> {
  const file = await keptGraph(`siglip-${precision}`, (target) =>
    writeEncoder(target, encoder, weights, { precision }),
  );
  return EncoderSession.open(file);
}

/** 16 frames of a video from the file to features. */
export async function encodeVideo(session: EncoderSession, { info, ...rest }: OpenedVideo): Promise<void> {
  const { size, filter, normalisation } = encoder.spec;
  const sampling = { frameCount: info.frameCount, averageFps: info.fps, clip: null, counts: [16] };
  for (const frame of await decodeFrames({ info, ...rest }, sampleFrames(sampling).indexes)) {
    const target = { strategy: 'resize-naive', filter, size, mean: normalisation.mean } as const;
    await session.encode(prepareFrame(frame, target), size);
  }
}

/** SigLIP ViT-B/16 at 224, with timm's names and sizes and values that mean nothing: times do not depend on them. */
function randomSiglip(): Weights {
  const [width, hidden, tokens, patch, depth] = [768, 3072, 196, 16, 12];
  const shapes = new Map<string, readonly number[]>([
    ['pos_embed', [1, tokens, width]],
    ['patch_embed.proj.weight', [width, 3, patch, patch]],
    ['patch_embed.proj.bias', [width]],
  ]);
  const layer = (name: string, shape: readonly number[]): void => {
    shapes.set(`${name}.weight`, shape).set(`${name}.bias`, [shape[0]!]);
  };
  for (let block = 0; block < depth; block++) {
    layer(`blocks.${block}.norm1`, [width]);
    layer(`blocks.${block}.attn.qkv`, [3 * width, width]);
    layer(`blocks.${block}.attn.proj`, [width, width]);
    layer(`blocks.${block}.norm2`, [width]);
    layer(`blocks.${block}.mlp.fc1`, [hidden, width]);
    layer(`blocks.${block}.mlp.fc2`, [width, hidden]);
  }
  return {
    tensors: new Map([...shapes].map(([name, shape]) => [name, { shape }])),
    read: async (name) => {
      const length = shapes.get(name)!.reduce((a, b) => a * b, 1);
      const isNorm = /norm\d\.weight$/.test(name);
      return new Float32Array(length).map((_, i) =>
        isNorm ? 1 : 0.05 * Math.sin(i * 12.9898 + name.length),
      );
    },
  };
}
