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
  const heading: string[] = [];
  const header: Buffer[] = [];
  let first: ShownFrame | undefined;
  let inHeading = true;
  const exit = await runFfmpeg(ffmpeg, {
    args: [
      ...['-nostdin', '-v', 'info', '-copyts', ...fileInput(path)],
      ...['-map', '0:V:0', '-vf', showFrames, '-frames:v', '1', ...passthrough(ffmpeg), '-f', 'null', '-'],
      // A Matroska header is how ffmpeg states the average rate to the nanosecond; its own report rounds to 1/100.
      ...['-map', '0:V:0', '-c', 'copy', '-frames:v', '0', '-f', 'matroska', 'pipe:3'],
    ],
    signal,
    onPipe3: (chunk) => header.push(chunk),
    onLine: (line) => {
      if (inHeading && /^(Stream mapping|Output #)/.test(line)) inHeading = false;
      if (inHeading) heading.push(line);
      else first ??= parseShownFrame(line);
    },
  });
  if (first === undefined) throw unreadable(path, heading, exit.messages);
  const text = heading.join('\n');
  return {
    container: /^Input #0, (.*?), from /m.exec(text)?.[1] ?? '',
    codec: /^ {2}Stream #0:\d+.*?: Video: (\w+)(?!.*\(attached pic\))/m.exec(text)?.[1] ?? 'unknown',
    pixelFormat: first.pixelFormat,
    width: first.width,
    height: first.height,
    rotation: rotationOf(text),
    averageFps: averageRate(Buffer.concat(header)),
    hasAudio: /^ {2}Stream #0:\d+.*?: Audio: /m.test(text),
    firstPts: first.pts,
  };
}

/** ffmpeg reports the turn anticlockwise, -180 to 180. */
function rotationOf(heading: string): number {
  const turn = Number(/displaymatrix: rotation of (-?[\d.]+) degrees/.exec(heading)?.[1] ?? 0);
  return (Math.round(-turn) + 360) % 360;
}

/**
 * Matroska's DefaultDuration (id 23E383) is ⌊10⁹/rate⌋ nanoseconds. The rate is the simplest fraction that gives it:
 * 33 366 666 is 30000/1001.
 */
export function averageRate(matroskaHeader: Uint8Array): number | null {
  const header = Buffer.from(matroskaHeader.buffer, matroskaHeader.byteOffset, matroskaHeader.byteLength);
  const at = header.indexOf(Buffer.from([0x23, 0xe3, 0x83]));
  if (at < 0) return null;
  const size = header[at + 3]! & 0x7f;
  if (size < 1 || size > 6 || at + 4 + size > header.length) return null;
  const nanoseconds = header.readUIntBE(at + 4, size);
  if (nanoseconds < 1) return null;
  const [numerator, denominator] = simplestFraction(1e9 / (nanoseconds + 1), 1e9 / nanoseconds);
  return numerator / denominator;
}

/** The fraction with the smallest denominator in (low, high], both positive (Stern–Brocot by continued fractions). */
function simplestFraction(low: number, high: number): readonly [number, number] {
  const whole = Math.floor(high);
  if (whole > low) return [whole, 1];
  if (whole === low) return [high, 1];
  const [numerator, denominator] = simplestFraction(1 / (high - whole), 1 / (low - whole));
  return [whole * numerator + denominator, numerator];
}

function unreadable(path: string, heading: readonly string[], messages: string): ExpectedError {
  const name = basename(path);
  if (messages.includes('matches no streams')) {
    const other = heading.some((line) => / Audio: /.test(line)) ? 'only sound' : 'no moving picture';
    return new ExpectedError(
      'no_video_stream',
      `${name} holds ${other}.`,
      'Choose a file with a video in it.',
    );
  }
  if (messages.includes('moov atom not found')) {
    return new ExpectedError(
      'file_corrupt',
      `${name} is cut off: the index at its end is missing.`,
      'Copy or download the file again, or repair it.',
    );
  }
  const opened = heading.some((line) => line.startsWith('Input #0'));
  if (opened) {
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

/** ffmpeg's own last words, without the part that names its modules. */
function reason(messages: string): string {
  const line = messages
    .split('\n')
    .map((text) => text.replace(/^\[[^\]]*\] /, '').trim())
    .filter((text) => /invalid|error|not |unknown|fail|could/i.test(text))
    .pop();
  const words = line?.replace(/^Error opening input(?: file)? .*?: (?=\S+ \S+)/, '').slice(0, 160);
  return words ? ` (${words.replace(/\.$/, '')})` : '';
}
