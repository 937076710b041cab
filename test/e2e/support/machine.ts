import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, with the built application in dist/. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Set by build/scripts/test.mjs where the machine has them; the tests that need a missing one are skipped. */
export const electronPath = process.env.MERV_TEST_ELECTRON ?? '';
export const chromiumPath = process.env.MERV_TEST_CHROMIUM ?? '';

export const samplePath = join(root, 'resources', 'sample.mp4');

export interface Home {
  readonly folder: string;
  remove(): void;
}

/** A data folder of its own for one test file, with the models of the test machine's home. */
export function freshHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'merv-e2e-'));
  const models = join(process.env.MERV_HOME ?? join(root, '.cache', 'test-home'), 'models');
  if (!existsSync(models))
    throw new Error(`No models in ${models}. Run the end-to-end tests with npm run test:e2e.`);
  mkdirSync(folder, { recursive: true });
  symlinkSync(models, join(folder, 'models'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
