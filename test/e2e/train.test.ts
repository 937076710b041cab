import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeTorch } from '../unit/native/addon.ts';
import { askScreen } from './support/ask-screen.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';
import { electronPath, root } from './support/machine.ts';
import { modelsScreen } from './support/models-screen.ts';

/** The starter learns the sample data; the window is closed and opened again meanwhile. The tests follow each other. */
describe.skipIf(electronPath === '')('training in the window', () => {
  describeTorch('with the native engine', () => {
    let home: string;
    let desktop: Desktop;
    const problems: string[] = [];

    const start = async () => {
      desktop = await startDesktop(home);
      desktop.page.setDefaultTimeout(60_000);
      desktop.page.on('pageerror', (error) => problems.push(error.message));
      await modelsScreen(desktop.page).go('Train');
    };
    const button = (name: string | RegExp) => desktop.page.getByRole('button', { name, exact: true }).first();
    const run = () => desktop.page.getByRole('article', { name: 'First run' });
    const stepNow = async (): Promise<number> => {
      const detail = await run().getByRole('status').first().innerText();
      return Number(/^Step (\d+)/.exec(detail)?.[1] ?? 0);
    };

    beforeAll(async () => {
      // A copy: the trained model is installed beside the starter.
      home = mkdtempSync(join(tmpdir(), 'merv e2e train '));
      const models = join(process.env.MERV_HOME ?? join(root, '.cache', 'test-home'), 'models');
      cpSync(models, join(home, 'models'), { recursive: true });
      await start();
    });
    afterAll(async () => {
      await desktop?.app.close();
      rmSync(home, { recursive: true, force: true });
    });

    it('measures the run on the sample before it is started', async () => {
      await button('Try it on the sample data').click();
      await button('Next').click();
      await desktop.page.getByRole('region', { name: 'The data set' }).waitFor();
      await button('Next').click();
      await desktop.page.getByRole('textbox', { name: 'Epochs' }).fill('0.5');
      await button('Next').click();
      await desktop.page.getByRole('region', { name: 'Measured' }).waitFor({ timeout: 120_000 });
      const batch = desktop.page.getByRole('region', { name: 'First batch' });
      expect(await batch.locator('mark').count()).toBeGreaterThan(1);
      expect(await batch.getByRole('img', { name: /^Frame \d+$/ }).count()).toBeGreaterThan(3);
    });

    it('goes on while the window is closed, and is there again when it is opened', {
      timeout: 400_000,
    }, async () => {
      await button('Start').click();
      await run()
        .getByText(/^Step \d+/)
        .first()
        .waitFor({ timeout: 120_000 });
      const before = await stepNow();
      await desktop.app.close();
      await start();
      await button(/^First run/).click();
      await run().getByRole('slider', { name: 'Loss by step' }).waitFor();
      const tag = run()
        .getByText(/^(Running|Done)$/)
        .first();
      await tag.waitFor();
      if ((await tag.innerText()) === 'Running') expect(await stepNow()).toBeGreaterThanOrEqual(before);
      await run().getByText('Done', { exact: true }).first().waitFor({ timeout: 240_000 });
      await run().getByRole('tab', { name: 'Answers' }).click();
      await run()
        .getByRole('columnheader', { name: /^Step \d+$/ })
        .first()
        .waitFor();
    });

    it('makes a model that is asked', async () => {
      await run().getByRole('button', { name: 'Ask with it…' }).first().click();
      await button('Make it and ask').click();
      const ask = askScreen(desktop.page);
      await ask.button('Open sample').waitFor({ timeout: 180_000 });
      await ask.openSample();
      const answer = await ask.send('Which animal is in the video?');
      await ask.idle();
      expect((await answer.innerText()).trim().length).toBeGreaterThan(0);
      expect(problems).toEqual([]);
    });
  });
});
