import { execFile } from 'node:child_process';
import bundledPath from 'ffmpeg-static';
import { ExpectedError } from '../contract/errors.ts';

/** The one outside program the engine needs. ffprobe is never used: ffmpeg-static does not ship it. */
export interface Ffmpeg {
  readonly program: string;
  /** As it names itself: "5.1.9-0+deb12u1". */
  readonly version: string;
  /** Major and minor; a build named after a commit counts as newer than any release. */
  readonly release: readonly [major: number, minor: number];
  readonly source: 'FFMPEG_BIN' | 'ffmpeg-static' | 'PATH';
}

const remedy =
  'Install ffmpeg (for example `apt-get install ffmpeg` or `brew install ffmpeg`), or set FFMPEG_BIN to its path.';

/**
 * Finds ffmpeg: FFMPEG_BIN, else the binary of the package ffmpeg-static (its download may have failed), else PATH.
 * An FFMPEG_BIN that does not run is an error, not a reason to look on: the user named it.
 * Throws ExpectedError 'ffmpeg_missing' that lists every attempt.
 */
export async function findFfmpeg(env: NodeJS.ProcessEnv = process.env): Promise<Ffmpeg> {
  const named = env.FFMPEG_BIN;
  if (named) {
    const found = await tryProgram(named, 'FFMPEG_BIN', env);
    if (typeof found !== 'string') return found;
    throw new ExpectedError(
      'ffmpeg_missing',
      `FFMPEG_BIN is set to ${named}, which is not a working ffmpeg: ${found}.`,
      remedy,
    );
  }
  const failures: string[] = [];
  // Inside a packed application the binary lies beside the archive: programs cannot be run from within it.
  const bundled = bundledPath?.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked');
  if (bundled) {
    const found = await tryProgram(bundled, 'ffmpeg-static', env);
    if (typeof found !== 'string') return found;
    failures.push(`ffmpeg-static: ${found}`);
  }
  const found = await tryProgram('ffmpeg', 'PATH', env);
  if (typeof found !== 'string') return found;
  failures.push(`PATH: ${found}`);
  throw new ExpectedError('ffmpeg_missing', `ffmpeg was not found (${failures.join('; ')}).`, remedy);
}

/** The program with its version, or a phrase saying why it cannot be used. */
function tryProgram(
  program: string,
  source: Ffmpeg['source'],
  env: NodeJS.ProcessEnv,
): Promise<Ffmpeg | string> {
  return new Promise((resolve) => {
    execFile(program, ['-version'], { timeout: 20_000, windowsHide: true, env }, (error, stdout) => {
      const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
      if (version !== undefined) resolve({ program, version, release: releaseOf(version), source });
      else resolve(error ? whyNot(error) : 'it does not answer `-version`');
    });
  });
}

function whyNot(error: Error & { readonly code?: unknown }): string {
  if (error.code === 'ENOENT') return 'there is no such program';
  if (error.code === 'EACCES') return 'it may not be run';
  return error.message.split('\n', 1)[0]!;
}

function releaseOf(version: string): readonly [number, number] {
  const match = /^n?(\d+)\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : [Number.POSITIVE_INFINITY, 0];
}

/** The output option that hands every decoded frame through as it is; its name changed in 5.1. */
export function passthrough(ffmpeg: Ffmpeg): readonly string[] {
  const [major, minor] = ffmpeg.release;
  return major > 5 || (major === 5 && minor >= 1) ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
}
