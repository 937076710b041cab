import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';
import type { Ffmpeg } from './ffmpeg.ts';
import { pipeInput } from './input.ts';
import { decodeJpeg } from './jpeg/decode.ts';
import { turned } from './jpeg/turn.ts';
import type { PictureFormat } from './picture-format.ts';
import { type PictureHeader, readPictureHeader } from './picture-header.ts';
import { runFfmpeg } from './run.ts';
import { parseShownFrame, showFrames } from './shown-frame.ts';

/** The filters that set a picture upright, by EXIF orientation. */
const upright: readonly (readonly string[])[] = [
  [],
  [],
  ['hflip'],
  ['hflip', 'vflip'],
  ['vflip'],
  ['transpose=0'],
  ['transpose=1'],
  ['transpose=3'],
  ['transpose=2'],
];

/** One decoded picture file, EXIF turn applied. Throws ExpectedError 'file_missing', 'file_corrupt'. */
export async function decodeStill(
  ffmpeg: Ffmpeg,
  path: string,
  format: PictureFormat,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return (await decodePicture(ffmpeg, path, format, signal)).bytes;
}

/** The same, with how the file stores its pixels. */
export async function decodePicture(
  ffmpeg: Ffmpeg,
  path: string,
  format: PictureFormat,
  signal?: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly pixelFormat: string }> {
  // The bytes go through a pipe: by name ffmpeg would read `%d` in it as a numbered series.
  const file = await readWhole(path);
  const header = readPictureHeader(file);
  if (format.exact && header?.format === 'jpeg') {
    const exact = decodeJpeg(file);
    if (exact !== null) {
      const { rgb, width, height, pixelFormat } = exact;
      return { bytes: turned(rgb, width, height, header.orientation), pixelFormat };
    }
  }
  const orientation = header?.orientation ?? 1;
  let picture: Uint8Array | undefined;
  let pixelFormat = 'unknown';
  const exit = await runFfmpeg(ffmpeg, {
    args: [
      ...['-v', 'info', ...pipeInput(['-noautorotate']), '-map', '0:v:0', '-frames:v', '1'],
      ...['-vf', [showFrames, ...upright[orientation]!, ...format.filters].join(',')],
      ...[...format.output, 'pipe:1'],
    ],
    signal,
    input: [file],
    onOutput: format.cutter((bytes) => {
      picture ??= bytes;
    }),
    onLine: (line) => {
      pixelFormat = parseShownFrame(line)?.pixelFormat ?? pixelFormat;
    },
  });
  if (picture === undefined || exit.code !== 0) {
    throw new ExpectedError(
      'file_corrupt',
      `The picture ${basename(path)} cannot be decoded.`,
      'Open it in a picture viewer and save it again, or leave it out.',
    );
  }
  return { bytes: picture, pixelFormat };
}

/** A picture file's header. Throws ExpectedError 'file_missing', 'file_unreadable', 'file_unsupported'. */
export async function pictureHeader(path: string): Promise<PictureHeader> {
  const header = readPictureHeader(await readWhole(path));
  if (header) return header;
  throw new ExpectedError(
    'file_unsupported',
    `${basename(path)} is not a whole PNG, JPEG, WebP or BMP picture.`,
    'Open it in a picture viewer and save it again, or leave it out.',
  );
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileProblem(path, error);
  }
}

/** What a failed file-system call means for the user. */
export function fileProblem(path: string, error: unknown): ExpectedError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ExpectedError(
      'file_missing',
      `There is no file ${path}.`,
      'Check the name, or choose the file again.',
      {
        cause: error,
      },
    );
  }
  return new ExpectedError(
    'file_unreadable',
    `${path} cannot be read (${code ?? 'unknown reason'}).`,
    'Check that you may read it and that its disk is there.',
    { cause: error },
  );
}
