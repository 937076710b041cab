// A process that installs one model as the window does, until it is killed or done: install-child <home> <source as JSON>
import { createLocalClient } from '../../../engine/doors/in-process.ts';
import { startEngine } from '../../../engine/doors/start-engine.ts';
import { openFolders } from '../../../engine/store/folders.ts';

async function install(home: string, source: string): Promise<void> {
  const engine = startEngine({
    folders: openFolders(home),
    keepHistory: true,
    runs: 'all',
    mayOpen: () => true,
  });
  const client = createLocalClient(engine);
  process.stdout.write('started\n');
  if ((await client.models.list()).length === 0) {
    const request = { source: JSON.parse(source), choices: [] };
    // As a person does who reads that the network failed; an install that is there already is gone on with.
    for (;;) {
      const job = await client.hub.install(request).catch(() => null);
      if (job) break;
    }
  }
  for await (const jobs of await client.jobs.watch()) {
    for (const job of jobs) {
      if (job.state === 'failed' && job.error?.code !== 'network') throw new Error(JSON.stringify(job.error));
      if (job.state === 'failed' || job.state === 'paused') await client.jobs.resume({ id: job.id });
    }
    if (jobs.every(({ state }) => state === 'done')) break;
  }
  await engine.close();
}

const [home = '', source = ''] = process.argv.slice(2);
install(home, source).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
