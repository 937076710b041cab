/**
 * How long 16 frames take from a 10 s and a 10 min video, next to decord (the reference's decoder) where Python and
 * decord can be had. Run: `npx tsx build/bench/video.ts`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { decodeFrames } from '../../engine/video/decode.ts';
import { type Ffmpeg, findFfmpeg } from '../../engine/video/ffmpeg.ts';
import { pictureUse } from '../../engine/video/nal.ts';
import { planRuns } from '../../engine/video/plan.ts';
import { sampleFrames } from '../../engine/video/sampling.ts';
import { type OpenedVideo, openVideo } from '../../engine/video/video.ts';

const call = promisify(execFile);
const cache = fileURLToPath(new URL('../../.cache/bench-video', import.meta.url));
const rounds = 3;

interface Times {
  /** Milliseconds from the path to the frame index, and from there to 16 frames in memory. */
  readonly open: number;
  readonly frames: number;
}

type Decoder = (path: string) => Promise<Times>;

export async function run(): Promise<void> {
  const ffmpeg = await findFfmpeg();
  console.log(`16 frames, 1280×720 H.264, 30 frames/s; ffmpeg ${ffmpeg.version} (${ffmpeg.source})`);
  const peer = await startDecord();
  try {
    for (const gop of [30, 60, 250]) {
      const paths = await makeVideos(ffmpeg, gop);
      const decoders: Record<string, Decoder> = {};
      for (const [length, path] of Object.entries(paths)) {
        decoders[`merv ${length}`] = () => ours(ffmpeg, path);
        if (peer) decoders[`decord ${length}`] = () => peer.decode(path);
      }
      const median = await interleaved(decoders);
      const gopName = gop === 250 ? '250 frames (x264 default)' : `${gop / 30} s`;
      console.log(`\nkeyframe every ${gopName}`.padEnd(37), 'open ms', 'frames ms', ' total ms');
      for (const [name, { open, frames }] of Object.entries(median)) {
        console.log(`  ${name.padEnd(33)}${cell(open)}${cell(frames)}${cell(open + frames)}`);
      }
      const short = median['merv 10 s']!;
      const needed = new Map<string, number>();
      for (const [length, path] of Object.entries(paths))
        needed.set(length, await picturesNeeded(ffmpeg, path));
      for (const length of Object.keys(paths)) {
        const { open, frames } = median[`merv ${length}`]!;
        const other = median[`decord ${length}`];
        const growth = `${ratio(frames, short.frames)} × the time of 10 s, with opening ${ratio(open + frames, short.open + short.frames)} ×`;
        const peerTimes = other
          ? `; decord ÷ merv: ${ratio(other.frames, frames)}, with opening ${ratio(other.open + other.frames, open + frames)}`
          : '';
        const pictures = `${needed.get(length)} pictures must be decoded, ${ratio(needed.get(length)!, needed.get('10 s')!)} × as many`;
        console.log(`  ${length}: ${growth}; ${pictures}${peerTimes}`);
      }
    }
  } finally {
    peer?.close();
  }
}

function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}

function cell(milliseconds: number): string {
  return milliseconds.toFixed(0).padStart(9);
}

async function ours(ffmpeg: Ffmpeg, path: string): Promise<Times> {
  const start = performance.now();
  const video = await openVideo(path, { ffmpeg });
  const opened = performance.now();
  await decodeFrames(video, wanted(video));
  return { open: opened - start, frames: performance.now() - opened };
}

function wanted({ info }: OpenedVideo): readonly number[] {
  const { frameCount, fps } = info;
  return sampleFrames({ frameCount, averageFps: fps, clip: null, counts: [16] }).indexes;
}

/**
 * Coded pictures that cannot be left out: from each wanted frame's keyframe up to it, less those that no other picture
 * refers to. Their number bounds from below what any decoder has to do.
 */
async function picturesNeeded(ffmpeg: Ffmpeg, path: string): Promise<number> {
  const video = await openVideo(path, { ffmpeg });
  const { timeline, index } = video;
  if (index?.nal == null) throw new Error(`${path} is no plain MP4 of H.264`);
  const frames = wanted(video);
  const asked = new Set(frames.map((frame) => timeline.packetOf[frame]!));
  const file = await open(path, 'r');
  try {
    let count = 0;
    for (const { from, to } of planRuns(timeline, frames, 0)) {
      for (let packet = from ?? 0; packet <= to; packet++) {
        const coded = Buffer.alloc(index.samples.bytes[packet]!);
        await file.read(coded, 0, coded.length, index.samples.offset[packet]!);
        if (asked.has(packet) || pictureUse(coded, index.nal) !== 'unused') count += 1;
      }
    }
    return count;
  } finally {
    await file.close();
  }
}

/** Medians of A, B, A, B …, after one round that is not counted. */
async function interleaved(decoders: Readonly<Record<string, Decoder>>): Promise<Record<string, Times>> {
  const times: Record<string, Times[]> = Object.fromEntries(Object.keys(decoders).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, decode] of Object.entries(decoders)) {
      const taken = await decode(name);
      if (round > 0) times[name]!.push(taken);
    }
  }
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1]!;
  return Object.fromEntries(
    Object.entries(times).map(([name, all]) => [
      name,
      { open: middle(all.map(({ open }) => open)), frames: middle(all.map(({ frames }) => frames)) },
    ]),
  );
}

/**
 * The same 25 s, encoded once a keyframe distance, then copied (so all have the same settings): its first 10 s; 24 times
 * in a row, where each of the 16 frames happens to be among the last before a keyframe (40 s apart: the worst case for 1
 * and 2 s); and a little longer, where they lie anywhere between.
 */
async function makeVideos(ffmpeg: Ffmpeg, gop: number): Promise<Readonly<Record<string, string>>> {
  await mkdir(cache, { recursive: true });
  const make = async (name: string, args: readonly string[]): Promise<string> => {
    const path = join(cache, name);
    if (existsSync(path)) return path;
    await call(ffmpeg.program, ['-nostdin', '-v', 'error', '-y', ...args, `${path}.part.mp4`]);
    await rename(`${path}.part.mp4`, path);
    return path;
  };
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=25'];
  const base = await make(`base-${gop}.mp4`, [
    ...[...source, '-c:v', 'libx264', '-preset', 'medium', '-g', `${gop}`, '-pix_fmt', 'yuv420p'],
  ]);
  const repeat = ['-stream_loop', '25', '-i', base, '-c', 'copy'];
  return {
    '10 s': await make(`short-${gop}.mp4`, ['-i', base, '-t', '10', '-c', 'copy']),
    '10 min (frames lie worst)': await make(`long-${gop}.mp4`, [
      '-stream_loop',
      '23',
      '-i',
      base,
      '-c',
      'copy',
    ]),
    '10 min 7 s (frames lie anyhow)': await make(`anyhow-${gop}.mp4`, [...repeat, '-t', '607']),
  };
}

const decordScript = `
import sys, time, json, numpy, decord
for line in sys.stdin:
    start = time.perf_counter()
    reader = decord.VideoReader(line.rstrip("\\n"), ctx=decord.cpu(0))
    opened = time.perf_counter()
    reader.get_batch(numpy.linspace(0, len(reader) - 1, 16, dtype=int)).asnumpy()
    print(json.dumps({"open": (opened - start) * 1e3, "frames": (time.perf_counter() - opened) * 1e3}), flush=True)
`;

interface Peer {
  readonly decode: Decoder;
  close(): void;
}

/** decord in a virtual environment of its own; null, with a sentence, where that cannot be had. */
async function startDecord(): Promise<Peer | null> {
  const environment = join(cache, 'decord');
  const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  try {
    if (!existsSync(python)) await call('python3', ['-m', 'venv', environment]);
    await call(python, ['-c', 'import decord']).catch(() =>
      call(python, ['-m', 'pip', 'install', '-q', 'decord==0.6.0', 'numpy']),
    );
  } catch (error) {
    console.log(`decord is left out: ${(error as Error).message.split('\n', 1)[0]}.`);
    return null;
  }
  const child: ChildProcess = spawn(python, ['-c', decordScript], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    decode: async (path) => {
      child.stdin!.write(`${path}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('decord ended');
      return JSON.parse(value) as Times;
    },
    close: () => child.stdin!.end(),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run();
