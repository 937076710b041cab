import { basename } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { passthrough } from './ffmpeg.ts';
import { fileInput } from './input.ts';
import { runFfmpeg } from './run.ts';
import { parseShownFrame, type ShownFrame, showFrames } from './shown-frame.ts';

/** What opening a file and decoding its first frame tells. */
export interface Probe {
  /** ffmpeg's name of the container: "mov,mp4,m4a,3gp,3g2,mj2". */
  readonly container: string;
  readonly codec: string;
  readonly pixelFormat: string;
  /** Size as shown, rotation applied. */
  readonly width: number;
  readonly height: number;
  /** Degrees clockwise to turn the stored picture by: 0, 90, 180 or 270. */
  readonly rotation: number;
  /** The container's average rate, null when it states none. */
  readonly averageFps: number | null;
  readonly hasAudio: boolean;
  /** Presentation time of the first frame that decodes, in the stream's ticks; NaN when it has none. */
  readonly firstPts: number;
}

/**
 * Opens the file and decodes one frame. Throws ExpectedError 'no_video_stream', 'file_corrupt' or 'file_unsupported'.
 * Cover art does not count as video (ffmpeg's stream specifier `V`).
 */
export async function probe(ffmpeg: Ffmpeg, path: string, signal?: AbortSignal): Promise<Probe> {
  let opening = await open(ffmpeg, path, true, signal);
  // Some streams cannot be put into Matroska (MPEG-4 from a transport stream); their rate stays unknown.
  if (opening.first === undefined) opening = await open(ffmpeg, path, false, signal);
  const { first, heading } = opening;
  if (first === undefined) throw unreadable(path, heading, opening.messages);
  return {
    container: /^Input #0, (.*?), from /m.exec(heading)?.[1] ?? '',
    codec: /^ {2}Stream #0:\d+.*?: Video: (\w+)(?!.*\(attached pic\))/m.exec(heading)?.[1] ?? 'unknown',
    pixelFormat: first.pixelFormat,
    width: first.width,
    height: first.height,
    rotation: rotationOf(heading),
    averageFps: averageRate(opening.matroskaHeader),
    hasAudio: /^ {2}Stream #0:\d+.*?: Audio: /m.test(heading),
    firstPts: first.pts,
  };
}

interface Opening {
  readonly first: ShownFrame | undefined;
  /** ffmpeg's description of the input. */
  readonly heading: string;
  readonly matroskaHeader: Uint8Array;
  readonly messages: string;
}

async function open(ffmpeg: Ffmpeg, path: string, withRate: boolean, signal?: AbortSignal): Promise<Opening> {
  const heading: string[] = [];
  const header: Buffer[] = [];
  let first: ShownFrame | undefined;
  let inHeading = true;
  const exit = await runFfmpeg(ffmpeg, {
    args: [
      ...['-nostdin', '-v', 'info', '-copyts', ...fileInput(path, ['-threads', '1'])],
      ...['-map', '0:V:0', '-vf', showFrames, '-frames:v', '1', ...passthrough(ffmpeg), '-f', 'null', '-'],
      // A Matroska header is how ffmpeg states the average rate to the nanosecond; its own report rounds to 1/100.
      ...(withRate ? ['-map', '0:V:0', '-c', 'copy', '-frames:v', '0', '-f', 'matroska', 'pipe:3'] : []),
    ],
    signal,
    onPipe3: (chunk) => header.push(chunk),
    onLine: (line) => {
      if (inHeading && /^(Stream mapping|Output #)/.test(line)) inHeading = false;
      if (inHeading) heading.push(line);
      else first ??= parseShownFrame(line);
    },
  });
  return {
    first,
    heading: heading.join('\n'),
    matroskaHeader: Buffer.concat(header),
    messages: exit.messages,
  };
}

/** ffmpeg reports the turn anticlockwise, -180 to 180. */
function rotationOf(heading: string): number {
  const turn = Number(/displaymatrix: rotation of (-?[\d.]+) degrees/.exec(heading)?.[1] ?? 0);
  return (Math.round(-turn) + 360) % 360;
}

/**
 * Matroska's DefaultDuration (id 23E383) is ⌊10⁹/rate⌋ nanoseconds. The rate is a multiple of 1000/1001 if one gives it
 * (33 366 666 is 30000/1001), else the simplest fraction that does.
 */
export function averageRate(matroskaHeader: Uint8Array): number | null {
  const header = Buffer.from(matroskaHeader.buffer, matroskaHeader.byteOffset, matroskaHeader.byteLength);
  const at = header.indexOf(Buffer.from([0x23, 0xe3, 0x83]));
  if (at < 0) return null;
  const size = header[at + 3]! & 0x7f;
  if (size < 1 || size > 6 || at + 4 + size > header.length) return null;
  const nanoseconds = header.readUIntBE(at + 4, size);
  if (nanoseconds < 1) return null;
  // A whole nanosecond more would have been written as such, so that end is left out.
  const low = 1e9 / (nanoseconds + 1 - 1e-7);
  const high = 1e9 / nanoseconds;
  const broadcast = (Math.round(high * 1.001) * 1000) / 1001;
  if (broadcast >= low && broadcast <= high) return broadcast;
  const [numerator, denominator] = simplestFraction(low, high);
  return numerator / denominator;
}

/** The fraction with the smallest denominator in [low, high], both positive (by continued fractions). */
function simplestFraction(low: number, high: number): readonly [number, number] {
  const whole = Math.floor(high);
  if (whole >= low) return [whole, 1];
  const [numerator, denominator] = simplestFraction(1 / (high - whole), 1 / (low - whole));
  return [whole * numerator + denominator, numerator];
}

function unreadable(path: string, heading: string, messages: string): ExpectedError {
  const name = basename(path);
  if (messages.includes('matches no streams')) {
    const other = / Audio: /.test(heading) ? 'only sound' : 'no moving picture';
    return new ExpectedError(
      'no_video_stream',
      `${name} holds ${other}.`,
      'Choose a file with a video in it.',
    );
  }
  if (messages.includes('moov atom not found') && !messages.includes('low score')) {
    return new ExpectedError(
      'file_corrupt',
      `${name} is cut off: the index at its end is missing.`,
      'Copy or download the file again, or repair it.',
    );
  }
  if (/^Input #0/m.test(heading)) {
    return new ExpectedError(
      'no_frames',
      `No frame of ${name} can be decoded${reason(messages)}.`,
      'Copy or download the file again, or convert it to MP4 (H.264).',
    );
  }
  return new ExpectedError(
    'file_unsupported',
    `${name} is not a video that ffmpeg can read${reason(messages)}.`,
    'Choose a video, a GIF, a picture or a folder of pictures.',
  );
}

/** ffmpeg's own last words, without its modules' names and the path. */
function reason(messages: string): string {
  if (messages.includes('not on whitelist')) return ' (its format is not one of a single video file)';
  const line = messages
    .split('\n')
    .map((text) =>
      text.replace(/^\[[^\]]*\] /, '').replace(/^(?:file:|Error opening input(?: files?)?: ).*: (?=\S)/, ''),
    )
    .filter(
      (text) => /invalid|error|not |unknown|fail|could/i.test(text) && !text.startsWith('Error opening'),
    )
    .pop();
  return line ? ` (${line.trim().replace(/\.$/, '').slice(0, 160)})` : '';
}
