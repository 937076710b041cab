// npm run dev: the page with hot reload, and the window restarted whenever the shell or the engine changes.
import { spawn } from 'node:child_process';
import { setUp } from './setup/all.mjs';
import { bundles } from './setup/bundle.mjs';
import { sandboxFlags } from './setup/display.mjs';
import { at, root } from './setup/folders.mjs';
import { fail, SetupError, say } from './setup/say.mjs';
import { writeStamp } from './setup/stamp.mjs';

const electron = await setUp({ electron: true, model: true }).catch(fail);
if (!electron) fail(new SetupError('Electron is missing.'));
const [esbuild, vite] = await Promise.all([import('esbuild'), import('vite')]);

const server = await vite.createServer({ configFile: at('build', 'vite.config.ts') });
await server.listen();
const address = server.resolvedUrls?.local[0] ?? 'http://localhost:5173/';
const flags = sandboxFlags();
say(`the page is served at ${address}`);

// What is in dist/ from now on follows the sources by itself; the next `npm start` builds anew.
writeStamp('build', 'npm run dev');

/** @type {import('node:child_process').ChildProcess | null} */
let window = null;
let pending = bundles.length;

/** Whether the window is being closed to open it anew. */
let again = false;

/** One window at a time: the application's own lock would refuse a second. */
function restart() {
  again = window !== null;
  if (window) window.kill();
  else open();
}

function open() {
  again = false;
  window = spawn(electron ?? '', [...flags, root], {
    stdio: 'inherit',
    env: { ...process.env, MERV_DEV_SERVER: address },
  });
  // Closing the window ends `npm run dev`; a restart opens the next one.
  window.on('close', () => {
    window = null;
    if (again) open();
    else process.exit(0);
  });
}

for (const options of bundles) {
  const context = await esbuild.context({
    ...options,
    plugins: [
      {
        name: 'restart',
        setup(build) {
          build.onEnd(({ errors }) => {
            if (pending > 0) pending -= 1;
            if (pending === 0 && errors.length === 0) restart();
          });
        },
      },
    ],
  });
  await context.watch();
}
process.on('exit', () => window?.kill());
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
