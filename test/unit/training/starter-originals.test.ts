import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { originalsSchema, withOriginals } from '../../../engine/runs/originals.ts';

const resources = fileURLToPath(new URL('../../../resources', import.meta.url));

it.each([
  ['another version’s', { adapter: 'f'.repeat(64) }],
  ['one of before there was any', {}],
])('does not go on from the starter with %s adapter', async (_, told) => {
  const originals = originalsSchema.parse({ kind: 'starter', gguf: '/nowhere.gguf', resources, ...told });
  await expect(withOriginals(originals, async () => 'used')).rejects.toMatchObject({
    code: 'model_incomplete',
    remedy: 'Train from the starter model as it is now.',
  });
});
