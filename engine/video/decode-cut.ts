import { type FileHandle, open } from 'node:fs/promises';
import { decodeRuns, type RunInput } from './frame-run.ts';
import { pipeInput } from './input.ts';
import { inLanes, threadsFor } from './lanes.ts';
import { cutMp4 } from './mp4-cut.ts';
import type { Mp4Index } from './mp4-index.ts';
import { pictureUse } from './nal.ts';
import { planRuns, type Run } from './plan.ts';

/**
 * Decodes frames of an indexed MP4 by handing ffmpeg the coded pictures they need and no others, without
 * seeking. Returns the frames that did not come out; they are to be fetched by seeking in the file.
 */
export async function decodeByCutting(
  input: RunInput,
  path: string,
  index: Mp4Index,
  indexes: readonly number[],
  onFrame: (index: number, bytes: Uint8Array) => void,
): Promise<readonly number[]> {
  const missing: number[] = [];
  const runs = planRuns(input.timeline, indexes, 0);
  const startable = runs.filter((run) => run.from !== null);
  for (const run of runs) if (run.from === null) missing.push(...run.frames);
  const batches = await inBatches(path, index, startable);
  const threads = threadsFor(batches.length);
  await inLanes(batches, input.signal, async (batch, signal) => {
    const segments = batch.map((run) => ({
      from: run.from!,
      to: run.to,
      wanted: new Set(run.frames.map((frame) => input.timeline.packetOf[frame]!)),
    }));
    const source = {
      args: pipeInput(['-threads', `${threads}`, '-fpsprobesize', '0', '-analyzeduration', '1', '-f', 'mp4']),
      bytes: cutMp4(path, index, segments),
      shift: index.cutShift,
      whole: false,
      trustShown: false,
    };
    const lost = await decodeRuns({ ...input, signal }, batch, source, onFrame);
    missing.push(...lost.map(({ frame }) => frame));
  });
  return missing;
}

/**
 * One child for all runs, whose decoder works through them without a pause, but a new one wherever a run does not start
 * cleanly (open GOP): what the decoder holds from the run before would show through.
 */
async function inBatches(
  path: string,
  index: Mp4Index,
  runs: readonly Run[],
): Promise<readonly (readonly Run[])[]> {
  const batches: Run[][] = [];
  const file = await open(path, 'r');
  try {
    for (const run of runs) {
      const batch = batches[batches.length - 1];
      if (batch && (await startsCleanly(file, index, run))) batch.push(run);
      else batches.push([run]);
    }
  } finally {
    await file.close();
  }
  return batches;
}

/** Whether a decoder forgets at this keyframe all it held. True of keyframes of every codec but H.264 and HEVC. */
async function startsCleanly(file: FileHandle, index: Mp4Index, run: Run): Promise<boolean> {
  if (!index.nal) return true;
  const coded = Buffer.alloc(index.samples.bytes[run.from!]!);
  await file.read(coded, 0, coded.length, index.samples.offset[run.from!]!);
  return pictureUse(coded, index.nal) === 'clean start';
}
