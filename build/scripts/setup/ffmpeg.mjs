import { existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { aptAllowed, aptInstall } from './apt.mjs';
import { runCommand, which } from './command.mjs';
import { at } from './folders.mjs';
import { SetupError, say } from './say.mjs';
import { readStamp, writeStamp } from './stamp.mjs';

const stallMs = 20_000;

/** @returns {string | null} where ffmpeg-static keeps its binary on this platform */
function staticPath() {
  return createRequire(at('package.json'))('ffmpeg-static');
}

/**
 * Sees to it that an ffmpeg is there, where the engine looks for one: FFMPEG_BIN, the binary of the package
 * ffmpeg-static, the system's. Asks the network once only: a refused download is remembered.
 */
export async function ensureFfmpeg() {
  if (process.env.FFMPEG_BIN) {
    if (existsSync(process.env.FFMPEG_BIN)) return;
    throw new SetupError(
      `FFMPEG_BIN names ${process.env.FFMPEG_BIN}, which is not there. Correct or unset it.`,
    );
  }
  const own = staticPath();
  if (own && existsSync(own)) return;
  if (readStamp('ffmpeg') === 'system' && which('ffmpeg')) return;

  say('fetching ffmpeg (package ffmpeg-static) …');
  const result = await runCommand(process.execPath, ['install.js'], {
    cwd: at('node_modules', 'ffmpeg-static'),
    watch: [at('node_modules', 'ffmpeg-static')],
    stallMs,
  });
  if (result.code === 0 && own && existsSync(own)) return;
  if (own) rmSync(own, { force: true });

  if (!which('ffmpeg')) await aptInstall(['ffmpeg']);
  const system = which('ffmpeg');
  if (!system) {
    const apt = aptAllowed() ? '' : ' (as root this is done for you on Debian and Ubuntu)';
    throw new SetupError(
      `ffmpeg is missing and its download was refused. Install it with your system's package manager, e.g. ` +
        `"apt-get install ffmpeg" or "brew install ffmpeg"${apt}, or set FFMPEG_BIN to its path; then start again.`,
    );
  }
  say(`its download was refused; using the system's ffmpeg, ${system}.`);
  writeStamp('ffmpeg', 'system');
}
