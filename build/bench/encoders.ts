/**
 * Vision encoders, milliseconds a frame, next to the same networks in PyTorch, and the making of an encoder's square from
 * a 720p frame next to Pillow. Run: `npx tsx build/bench/encoders.ts`.
 */
import { efficientnetLite } from '../../engine/models/efficientnet-lite.ts';
import type { ResizeStrategy } from '../../engine/models/encoder.ts';
import { prepareFrame } from '../../engine/models/prepare-frame.ts';
import { writeEncoder } from '../../engine/models/write-graphs.ts';
import { EncoderSession } from '../../engine/runtime/encoder-session.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { runAlone } from './alone.ts';
import { against, type Contender, interleaved, table, timed } from './measure.ts';
import { startPeer } from './peers.ts';
import { keptGraph, starter, starterPart } from './places.ts';
import { realEncoders, realGraph } from './real-encoders.ts';

const size = 224;
const frames = 16;
const rounds = 3;

/** The large ones take minutes: `MERV_BENCH_ENCODERS=siglip,dinov2` leaves the others out. */
const chosen = process.env.MERV_BENCH_ENCODERS?.split(',');

export async function run(): Promise<void> {
  console.log('\nEncoders: 224×224, milliseconds a frame (median)');
  await pretrained();
  await realSizes();
  await preparing();
}

/** The starter's encoder, whose weights are real. */
async function pretrained(): Promise<void> {
  const torch = await startPeer('torch_vision');
  const { path } = await starterPart(await starter(), 'object-encoder');
  const weights = await openTensors(path);
  const lite = await keptGraph('efficientnet-lite0-fp32', async (file) => {
    const encoder = efficientnetLite({ depth: 1, size }, weights);
    await writeEncoder(file, encoder, weights, { precision: 'fp32' });
  });
  await weights.close();
  const session = await EncoderSession.open(lite);
  const ask = (batch: number) =>
    torch?.measure({ do: 'encode', network: 'efficientnet-lite0', frames, batch });
  const ours = { fp32: calls(session, frames, 1) };
  await compare('EfficientNet-Lite0, pretrained', ours, {
    'one call': ask(frames),
    'frame by frame': ask(1),
  });
  await session.close();
  torch?.close();
}

/** The reference's encoders at their real sizes, and how long their sessions take to open. */
async function realSizes(): Promise<void> {
  const torch = await startPeer('torch_encoders');
  const loads: (string | number)[][] = [];
  for (const real of realEncoders.filter(({ network }) => chosen?.includes(network) ?? true)) {
    const sessions: EncoderSession[] = [];
    const ours: Record<string, Contender> = {};
    for (const precision of ['fp32', 'int8-dynamic'] as const) {
      const { file, encoder } = await realGraph(real, precision);
      const started = performance.now();
      const session = await EncoderSession.open(file);
      loads.push([real.title, precision, performance.now() - started]);
      sessions.push(session);
      ours[precision] = calls(session, real.frames, encoder.spec.clipFrames ?? 1);
    }
    const theirs = torch?.measure({ do: 'encode', network: real.network, frames: real.frames });
    await compare(`${real.title}, random weights`, ours, { 'one call': theirs });
    for (const session of sessions) await session.close();
  }
  torch?.close();
  table(['opening a session, files in the disk cache', 'precision', 'ms'], loads);
}

async function compare(
  title: string,
  ours: Readonly<Record<string, Contender>>,
  theirs: Readonly<Record<string, Contender | undefined>>,
): Promise<void> {
  const contenders: Record<string, Contender> = {};
  for (const [name, contender] of Object.entries(ours)) contenders[`merv ${name}`] = contender;
  for (const [name, contender] of Object.entries(theirs))
    if (contender) contenders[`PyTorch fp32, ${name}`] = contender;
  const median = await interleaved(contenders, rounds);
  table([title, 'ms a frame'], Object.entries(median));
  const peers = Object.entries(median).filter(([name]) => name.startsWith('PyTorch'));
  if (peers.length === 0) return;
  const best = Math.min(...peers.map(([, ms]) => ms));
  for (const name of Object.keys(ours)) {
    const ratio = best / median[`merv ${name}`]!;
    console.log(`  PyTorch ÷ merv ${name}: ${against(ratio, name.startsWith('fp32') ? 1 : 3)}`);
  }
}

/** As the answer path encodes: so many frames a call that Stop works between two. */
function calls(session: EncoderSession, count: number, aCall: number): Contender {
  const squares = Float32Array.from(noise(aCall * size * size * 3));
  return async () => {
    const ms = await timed(async () => {
      for (let frame = 0; frame < count; frame += aCall) await session.encode(squares, size);
    });
    return ms / count;
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
