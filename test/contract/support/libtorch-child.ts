// A process that fetches libtorch as the window does, until it is killed or done: libtorch-child <home>
import { createLocalClient } from '../../../engine/doors/in-process.ts';
import { startEngine } from '../../../engine/doors/start-engine.ts';
import { openFolders } from '../../../engine/store/folders.ts';

async function fetchLibtorch(home: string): Promise<void> {
  const folders = openFolders(home);
  const engine = startEngine({ folders, keepHistory: true, runs: 'all', mayOpen: () => true });
  const client = createLocalClient(engine);
  process.stdout.write('started\n');
  await client.training.libtorch.install({ build: 'cpu' });
  for await (const jobs of await client.jobs.watch()) {
    const failed = jobs.find(({ state }) => state === 'failed');
    if (failed) throw new Error(JSON.stringify(failed.error));
    if (jobs.every(({ state }) => state === 'done')) break;
  }
  await engine.close();
}

fetchLibtorch(process.argv[2] ?? '').then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
