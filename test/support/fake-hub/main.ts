// The fake hub as a process of its own: `tsx test/support/fake-hub/main.ts [--port N] [--folder repositories]`.
// Without a folder it has made/model: two weights files of 24 and 5 MB and a configuration. Prints one line of JSON.
import { startFakeHub } from './fake-hub.ts';
import { type FakeRepo, madeBytes, reposIn } from './repos.ts';

function option(name: string): string | null {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

const made: FakeRepo = {
  id: 'made/model',
  files: {
    'config.json': Buffer.from('{"model_type":"made"}\n'),
    'model-1.safetensors': madeBytes(24_000_001, 1),
    'model-2.safetensors': madeBytes(5_000_003, 2),
  },
};

const folder = option('folder');
const hub = await startFakeHub({
  repos: folder === null ? [made] : await reposIn(folder),
  tokens: JSON.parse(process.env.FAKE_HUB_TOKENS ?? '{}') as Record<string, readonly string[]>,
  port: Number(option('port') ?? 0),
});
console.log(JSON.stringify({ endpoint: hub.endpoint, cdn: hub.cdn }));
