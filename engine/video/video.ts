import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { cancelled, ExpectedError } from '../contract/errors.ts';
import type { VideoInfo } from '../contract/video.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { fingerprint } from './fingerprint.ts';
import { isPictureName, picturePackets, picturesIn } from './folder.ts';
import { type Mp4Index, readMp4Index } from './mp4-index.ts';
import { type PacketTable, readPackets } from './packets.ts';
import { rgbPictures } from './picture-format.ts';
import { probe } from './probe.ts';
import { decodePicture, fileProblem, pictureHeader } from './still.ts';
import { buildTimeline, type Timeline } from './timeline.ts';

/** A video that can be asked for frames. Holds no file open. */
export interface OpenedVideo {
  readonly info: VideoInfo;
  readonly timeline: Timeline;
  /** SHA-256 of the content, hex; `info.id` is its first half. */
  readonly fingerprint: string;
  readonly ffmpeg: Ffmpeg;
  /** ffmpeg's name of the container; empty for pictures. */
  readonly container: string;
  /** Where each coded picture lies, for a plain MP4 or MOV. */
  readonly index: Mp4Index | null;
  /** When the file was last changed, as it was opened; null for pictures. */
  readonly modifiedMs: number | null;
  /** The picture file of each frame where the video is a picture or a folder of them. */
  readonly pictures: readonly string[] | null;
}

export interface OpenOptions {
  readonly ffmpeg: Ffmpeg;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a video, GIF, picture or folder of pictures: stream facts, frame index, fingerprint. Reads the whole file once
 * and decodes one frame. Throws ExpectedError 'file_missing', 'file_unreadable', 'file_corrupt', 'file_unsupported',
 * 'no_video_stream', 'no_frames', 'cancelled', 'ffmpeg_failed'.
 */
export async function openVideo(path: string, options: OpenOptions): Promise<OpenedVideo> {
  const absolute = resolve(path);
  const entry = await look(absolute);
  if (entry.isDirectory()) return openPictures(absolute, 'folder', await picturesIn(absolute), options);
  if (!entry.isFile()) {
    throw new ExpectedError('file_unsupported', `${absolute} is not a file.`, 'Choose a file or a folder.');
  }
  if (entry.size === 0) {
    throw new ExpectedError(
      'file_corrupt',
      `${basename(absolute)} is empty.`,
      'Copy or download the file again.',
    );
  }
  if (isPictureName(absolute)) return openPictures(absolute, 'image', [absolute], options);
  return openFile(absolute, entry, options);
}

async function openFile(path: string, entry: Stats, { ffmpeg, signal }: OpenOptions): Promise<OpenedVideo> {
  const [found, plain] = await allOrStop(signal, (stop) => [
    probe(ffmpeg, path, stop),
    readTable(ffmpeg, path, stop),
  ]);
  // An index that disagrees with ffmpeg about where the video begins is not one to decode by.
  const index = plain.index && firstTime(plain.index.packets) === found.firstPts ? plain.index : null;
  const packets = index || !plain.index ? plain.packets : await readPackets(ffmpeg, path, signal);
  const averageFps = index?.averageFps ?? found.averageFps;
  const timeline = buildTimeline(packets, { ...found, averageFps });
  if (timeline.frameCount === 0) {
    throw new ExpectedError('no_frames', `${basename(path)} has no frames.`, 'Choose another video.');
  }
  const print = await fingerprint([path], packets);
  const info: VideoInfo = {
    id: print.slice(0, 32),
    path,
    name: basename(path),
    kind: found.codec === 'gif' ? 'gif' : 'video',
    codec: found.codec,
    pixelFormat: found.pixelFormat,
    width: found.width,
    height: found.height,
    rotation: found.rotation,
    frameCount: timeline.frameCount,
    fps: averageFps ?? timeline.frameCount / timeline.duration,
    seconds: timeline.duration,
    bytes: entry.size,
    hasAudio: found.hasAudio,
    warnings: warningsOf(basename(path), packets, timeline, found.firstPts),
  };
  return {
    info,
    timeline,
    fingerprint: print,
    ffmpeg,
    container: found.container,
    index,
    modifiedMs: entry.mtimeMs,
    pictures: null,
  };
}

/** The packet table: from an MP4's own index where it has a plain one, else from ffmpeg. */
async function readTable(
  ffmpeg: Ffmpeg,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly index: Mp4Index | null; readonly packets: PacketTable }> {
  const index = await readMp4Index(path);
  return { index, packets: index?.packets ?? (await readPackets(ffmpeg, path, signal)) };
}

function firstTime(packets: PacketTable): number {
  return packets.pts.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
}

async function openPictures(
  path: string,
  kind: 'image' | 'folder',
  pictures: readonly string[],
  { ffmpeg, signal }: OpenOptions,
): Promise<OpenedVideo> {
  const headers = [];
  const sizes = [];
  for (const picture of pictures) {
    if (signal?.aborted) throw cancelled();
    headers.push(await pictureHeader(picture));
    sizes.push((await look(picture)).size);
  }
  const { width, height, format } = headers[0]!;
  const other = headers.findIndex((header) => header.width !== width || header.height !== height);
  if (other >= 0) {
    const { width: otherWidth, height: otherHeight } = headers[other]!;
    throw new ExpectedError(
      'file_unsupported',
      `The pictures in ${basename(path)} differ in size: ${basename(pictures[0]!)} is ${width}×${height}, ${basename(pictures[other]!)} is ${otherWidth}×${otherHeight}.`,
      'Bring the pictures to one size, or move the others out of the folder.',
    );
  }
  const { pixelFormat } = await decodePicture(ffmpeg, pictures[0]!, rgbPictures(width, height), signal);
  const packets = picturePackets(sizes);
  const timeline = buildTimeline(packets, { codec: format, averageFps: 1, firstPts: 0 });
  const print = await fingerprint(pictures, packets);
  const info: VideoInfo = {
    ...{ id: print.slice(0, 32), path, name: basename(path), kind },
    ...{ codec: format, pixelFormat, width, height, rotation: 0 },
    ...{ frameCount: pictures.length, fps: 1, seconds: pictures.length },
    ...{ bytes: sizes.reduce((sum, size) => sum + size, 0), hasAudio: false, warnings: [] },
  };
  return {
    info,
    timeline,
    fingerprint: print,
    ffmpeg,
    container: '',
    index: null,
    modifiedMs: null,
    pictures,
  };
}

/**
 * Throws ExpectedError 'file_missing' or 'file_unreadable' when the file is gone or no longer the one that was opened:
 * its frame index would point at the wrong bytes.
 */
export async function assertUnchanged(video: OpenedVideo): Promise<void> {
  if (video.modifiedMs === null) return;
  const entry = await look(video.info.path);
  if (entry.size === video.info.bytes && entry.mtimeMs === video.modifiedMs) return;
  throw new ExpectedError(
    'file_unreadable',
    `${video.info.name} has changed since it was opened.`,
    'Open the video again.',
  );
}

async function look(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw fileProblem(path, error);
  }
}

function warningsOf(name: string, packets: PacketTable, timeline: Timeline, firstPts: number): string[] {
  const warnings: string[] = [];
  const cutOff = packets.count > 0 && packets.corrupt(packets.count - 1);
  if (cutOff || /partial file|ended prematurely|truncat/i.test(packets.complaints)) {
    warnings.push(`${name} is cut off after ${timeline.duration.toFixed(1)} s; frames up to there are used.`);
  }
  let early = 0;
  for (let i = 0; i < packets.count; i++) if (!packets.discarded(i) && packets.pts[i]! < firstPts) early++;
  if (timeline.timed && early > 0) {
    const frames = early === 1 ? 'frame' : `${early} frames`;
    warnings.push(
      `The first ${frames} of ${name} cannot be decoded and ${early === 1 ? 'is' : 'are'} left out.`,
    );
  }
  if (!timeline.timed) {
    warnings.push(
      `${name} has no usable timestamps: its frames are counted from the start, which takes longer.`,
    );
  }
  return warnings;
}

/** Runs both at once; when one fails the other is stopped and over before the failure is passed on. */
async function allOrStop<A, B>(
  signal: AbortSignal | undefined,
  begin: (stop: AbortSignal) => readonly [Promise<A>, Promise<B>],
): Promise<readonly [A, B]> {
  if (signal?.aborted) throw cancelled();
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  signal?.addEventListener('abort', forward);
  const [a, b] = begin(stop.signal);
  try {
    return await Promise.all([a, b]);
  } catch (error) {
    stop.abort();
    await Promise.allSettled([a, b]);
    throw error;
  } finally {
    signal?.removeEventListener('abort', forward);
  }
}
