/**
 * Vision encoders, milliseconds a frame over 16 frames, next to the same networks in PyTorch, and the making of an
 * encoder's square from a 720p frame next to Pillow. Run: `npx tsx build/bench/encoders.ts`.
 */
import { efficientnetLite } from '../../engine/models/efficientnet-lite.ts';
import type { Encoder, ResizeStrategy } from '../../engine/models/encoder.ts';
import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import { siglip } from '../../engine/models/siglip.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { runAlone } from './alone.ts';
import { against, type Contender, interleaved, table, timed } from './measure.ts';
import { type Peer, startPeer } from './peers.ts';
import { keptGraph, starter, starterPart } from './places.ts';
import { randomSiglip } from './random-weights.ts';

const frames = 16;
const rounds = 5;

export async function run(): Promise<void> {
  console.log(`\nEncoders: 224×224, ${frames} frames, milliseconds a frame (median)`);
  const torch = await startPeer('torch_vision');
  try {
    const { path } = await starterPart(await starter(), 'object-encoder');
    const pretrained = await openTensors(path);
    const lite = efficientnetLite({ depth: 1, size: 224 }, pretrained);
    await compare('EfficientNet-Lite0, pretrained', 'efficientnet-lite0', lite, pretrained, ['fp32'], torch);
    await pretrained.close();

    const random = randomSiglip();
    const vit = siglip({ architecture: 'vit_base_patch16_siglip_224' }, random);
    const precisions = ['fp32', 'int8-dynamic'] as const;
    await compare('SigLIP ViT-B/16, random weights', 'siglip', vit, random, precisions, torch);
  } finally {
    torch?.close();
  }
  await preparing();
}

async function compare(
  title: string,
  network: string,
  encoder: Encoder,
  weights: Weights,
  precisions: readonly LinearPrecision[],
  torch: Peer | null,
): Promise<void> {
  const contenders: Record<string, Contender> = {};
  const sessions: EncoderSession[] = [];
  for (const precision of precisions) {
    const file = await keptGraph(`${network}-${precision}`, (target) =>
      writeEncoder(target, encoder, weights, { precision }),
    );
    const session = await EncoderSession.open(file);
    sessions.push(session);
    contenders[`merv ${precision}`] = frameByFrame(session, encoder.spec.size);
  }
  if (torch) {
    contenders['PyTorch fp32, one call'] = torch.measure({ do: 'encode', network, frames, batch: frames });
    contenders['PyTorch fp32, frame by frame'] = torch.measure({ do: 'encode', network, frames, batch: 1 });
  }
  const median = await interleaved(contenders, rounds);
  await Promise.all(sessions.map((session) => session.close()));
  table([title, 'ms a frame'], Object.entries(median));
  const theirs = Object.entries(median).filter(([name]) => name.startsWith('PyTorch'));
  if (theirs.length === 0) return;
  const best = Math.min(...theirs.map(([, ms]) => ms));
  for (const precision of precisions) {
    const ratio = best / median[`merv ${precision}`]!;
    console.log(`  PyTorch's better way ÷ ${precision}: ${against(ratio, precision === 'fp32' ? 1 : 3)}`);
  }
}

/** As the answer path encodes: a call a frame, so that Stop works between two. */
function frameByFrame(session: EncoderSession, size: number): Contender {
  const square = noise(size * size * 3);
  return async () => {
    const ms = await timed(async () => {
      for (let frame = 0; frame < frames; frame++) await session.encode(square, size);
    });
    return ms / frames;
  };
}

/** 1280×720 to the encoder's square: the same bytes on both sides. */
async function preparing(): Promise<void> {
  const [width, height, size] = [1280, 720, 224];
  const frame = { width, height, rgb: noise(width * height * 3) };
  const pillow = await startPeer('pillow_resize', { width, height });
  const rows: (string | number)[][] = [];
  for (const strategy of ['resize-naive', 'resize-crop'] satisfies ResizeStrategy[]) {
    const target = { strategy, filter: 'bicubic', size, mean: [0.5, 0.5, 0.5] } as const;
    const contenders: Record<string, Contender> = {
      ours: async () => {
        const ms = await timed(() => {
          for (let i = 0; i < frames; i++) prepareFrame(frame, target);
        });
        return ms / frames;
      },
      ...(pillow && { pillow: pillow.measure({ do: 'resize', strategy, size, frames }) }),
    };
    const { ours, pillow: theirs } = await interleaved(contenders, rounds);
    rows.push([strategy, ours!, ...(theirs === undefined ? [] : [theirs, theirs / ours!])]);
  }
  pillow?.close();
  const head = ['1280×720 → 224, bicubic', 'merv ms', ...(pillow ? ['Pillow ms', 'Pillow ÷ merv'] : [])];
  table(head, rows);
}

function noise(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
}

await runAlone(import.meta.url, run);
