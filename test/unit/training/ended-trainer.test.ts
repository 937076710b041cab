import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preflightEnded } from '../../../engine/runs/outcome.ts';
import { logOf } from '../../../engine/runs/progress-of.ts';
import { startTrainer } from '../../../engine/runs/trainer-process.ts';

describe('a measurement that ends before it says anything', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'merv ended '));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function errorOf(program: string) {
    rmSync(join(folder, 'log'), { force: true });
    const file = join(folder, 'trainer.cjs');
    writeFileSync(file, program);
    const { end } = startTrainer({ file }, 'preflight', folder);
    await expect.poll(end, { timeout: 20_000 }).not.toBeNull();
    return preflightEnded(end()!, logOf(folder).trim()).toData();
  }

  it('lacked memory where the system ended it', async () => {
    expect(await errorOf("process.kill(process.pid, 'SIGKILL')")).toMatchObject({ code: 'out_of_memory' });
  });

  it('says what it printed last where it ended by itself', async () => {
    const program = "console.error('Loading.\\nlibtorch is of another version'); process.exitCode = 3;";
    expect(await errorOf(program)).toMatchObject({
      code: 'engine_stopped',
      sentence: 'The measurement ended (code 3): libtorch is of another version',
    });
  });
});
