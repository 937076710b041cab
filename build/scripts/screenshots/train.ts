// The Train screen: the starter learns the sample data, from the wizard to its answers.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { modelsScreen } from '../../../test/e2e/support/models-screen.ts';
import { serve } from '../../../test/e2e/support/served.ts';
import { type Camera, narrow, wide } from './camera.ts';

const epochs = '4';
const trainedMs = 15 * 60_000;

/** Takes them all; `models` is a models folder with the starter in it, of which a copy is used. */
export async function photographTrain(camera: Camera, models: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'merv-screenshots-train-'));
  cpSync(models, join(home, 'models'), { recursive: true });
  const server = await serve(home);
  try {
    const { page, close } = await camera.open(server.address, wide);
    await train(page, camera);
    await close();
    for (const [name, view] of [
      ['train-light', { ...wide, colorScheme: 'light' }],
      ['train-narrow', narrow],
    ] as const) {
      const other = await camera.open(server.address, view);
      await modelsScreen(other.page).go('Train');
      await modelsScreen(other.page)
        .button(/^First run/)
        .click();
      await curves(other.page).waitFor();
      await camera.save(other.page, name);
      await other.close();
    }
  } finally {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

const curves = (page: Page) => page.getByRole('slider', { name: 'Loss by step' });

async function train(page: Page, { save }: Camera): Promise<void> {
  const { go, button } = modelsScreen(page);
  await go('Train');
  await button('Try it on the sample data').click();
  await button('Next').click();
  await page.getByRole('region', { name: 'The data set' }).waitFor();
  await button('Next').click();
  await page.getByRole('textbox', { name: 'Epochs' }).fill(epochs);
  await button('Next').click();
  await page.getByRole('region', { name: 'Measured' }).waitFor({ timeout: trainedMs });
  await page.getByRole('region', { name: 'First batch' }).scrollIntoViewIfNeeded();
  await page.getByRole('heading', { name: 'The first batch, as the model sees it' }).evaluate((heading) => {
    heading.scrollIntoView({ block: 'start' });
  });
  await save(page, 'train-first-batch');
  await button('Start').click();
  const run = page.getByRole('article', { name: 'First run' });
  await run.getByText('Done', { exact: true }).first().waitFor({ timeout: trainedMs });
  await curves(page).waitFor();
  await save(page, 'train');
  await page.getByRole('tab', { name: 'Answers' }).click();
  await page.getByRole('columnheader', { name: /^Step/ }).first().waitFor();
  await save(page, 'train-answers');
}
