/**
 * Vision encoders, milliseconds a frame over 16 frames, next to the same networks in PyTorch, and the making of an
 * encoder's square from a 720p frame next to Pillow. Run: `npx tsx build/bench/encoders.ts`.
 */
import { efficientnetLite } from '../../engine/models/efficientnet-lite.ts';
import type { ResizeStrategy } from '../../engine/models/encoder.ts';
import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import type { LinearPrecision } from '../../engine/nn/precision.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { runAlone } from './alone.ts';
import { against, type Contender, interleaved, table, timed } from './measure.ts';
import { type Peer, startPeer } from './peers.ts';
import { keptGraph, starter, starterPart } from './places.ts';
import { openSiglip } from './siglip.ts';

const size = 224;
const frames = 16;
const rounds = 5;

export async function run(): Promise<void> {
  console.log(`\nEncoders: 224×224, ${frames} frames, milliseconds a frame (median)`);
  const torch = await startPeer('torch_vision');
  try {
    const { path } = await starterPart(await starter(), 'object-encoder');
    const pretrained = await openTensors(path);
    const lite = await keptGraph('efficientnet-lite0-fp32', async (file) => {
      const encoder = efficientnetLite({ depth: 1, size }, pretrained);
      await writeEncoder(file, encoder, pretrained, { precision: 'fp32' });
    });
    await pretrained.close();
    await compare(
      'EfficientNet-Lite0, pretrained',
      'efficientnet-lite0',
      { fp32: await EncoderSession.open(lite) },
      torch,
    );
    await compare(
      'SigLIP ViT-B/16, random weights',
      'siglip',
      { fp32: await openSiglip('fp32'), 'int8-dynamic': await openSiglip('int8-dynamic') },
      torch,
    );
  } finally {
    torch?.close();
  }
  await preparing();
}

async function compare(
  title: string,
  network: string,
  sessions: Partial<Record<LinearPrecision, EncoderSession>>,
  torch: Peer | null,
): Promise<void> {
  const contenders: Record<string, Contender> = {};
  for (const [precision, session] of Object.entries(sessions)) {
    contenders[`merv ${precision}`] = frameByFrame(session);
  }
  if (torch) {
    contenders['PyTorch fp32, one call'] = torch.measure({ do: 'encode', network, frames, batch: frames });
    contenders['PyTorch fp32, frame by frame'] = torch.measure({ do: 'encode', network, frames, batch: 1 });
  }
  const median = await interleaved(contenders, rounds);
  await Promise.all(Object.values(sessions).map((session) => session.close()));
  table([title, 'ms a frame'], Object.entries(median));
  const theirs = Object.entries(median).filter(([name]) => name.startsWith('PyTorch'));
  if (theirs.length === 0) return;
  const best = Math.min(...theirs.map(([, ms]) => ms));
  for (const precision of Object.keys(sessions)) {
    const ratio = best / median[`merv ${precision}`]!;
    console.log(`  PyTorch's better way ÷ ${precision}: ${against(ratio, precision === 'fp32' ? 1 : 3)}`);
  }
}

/** As the answer path encodes: a call a frame, so that Stop works between two. */
function frameByFrame(session: EncoderSession): Contender {
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
  const [width, height] = [1280, 720];
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
