import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One project a suite, so that `npm test` can run and count each alone; a file path picks tests as usual. */
function suite(name: string, timeoutMs: number, sequential = false) {
  return {
    test: {
      name,
      root,
      include: [`test/${name}/**/*.test.{ts,tsx}`],
      environment: 'node' as const,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      fileParallelism: !sequential,
      globalSetup: [] as string[],
    },
  };
}

const endToEnd = suite('e2e', 180_000, true);
endToEnd.test.globalSetup = ['test/e2e/support/display.ts'];

export default defineConfig({
  root,
  test: {
    root,
    maxWorkers: 2,
    projects: [suite('unit', 20_000), suite('contract', 60_000), suite('parity', 120_000), endToEnd],
  },
});
