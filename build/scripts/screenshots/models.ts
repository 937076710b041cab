// The model manager's screens: the starter, and what a Hugging Face on this machine has, found, installed, compared.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askScreen } from '../../../test/e2e/support/ask-screen.ts';
import { modelsScreen } from '../../../test/e2e/support/models-screen.ts';
import { serve } from '../../../test/e2e/support/served.ts';
import { type FakeHub, startFakeHub } from '../../../test/support/fake-hub/fake-hub.ts';
import { tinyLlama, tinyMerv } from '../../../test/support/tiny-repos.ts';
import { type Camera, narrow, wide } from './camera.ts';

const token = 'hf_granted';

/** Takes them all; `models` is a models folder with the starter in it, of which a copy is used. */
export async function photographModels(camera: Camera, models: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'merv-screenshots-'));
  const hub = await startFakeHub({
    repos: [tinyLlama(), tinyLlama('tiny/llama-chat'), ...(tinyMerv() ?? [])],
    tokens: { [token]: ['meta-llama/Llama-2-7b-hf'] },
  });
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.HF_HOME = join(home, 'hf');
  process.env.HF_TOKEN = token;
  try {
    await photographEmpty(camera, join(home, 'empty'));
    const full = join(home, 'full');
    cpSync(models, join(full, 'models'), { recursive: true });
    await photographFull(camera, full, hub);
  } finally {
    await hub.close();
    rmSync(home, { recursive: true, force: true });
  }
}

async function photographEmpty({ open, save }: Camera, home: string): Promise<void> {
  const server = await serve(home);
  const { page, close } = await open(server.address, wide);
  await page.getByRole('heading', { name: 'First, a model' }).waitFor();
  await save(page, 'first-model');
  await close();
  await server.stop();
}

async function photographFull({ open, save }: Camera, home: string, hub: FakeHub): Promise<void> {
  const server = await serve(home);
  const { page, close } = await open(server.address, wide);
  const screen = modelsScreen(page);
  const install = screen.sheet.getByRole('button', { name: 'Install', exact: true });
  const merv = tinyMerv() !== null;

  await screen.go('Discover');
  await page.getByRole('heading', { name: 'Recommended' }).waitFor();
  await save(page, 'discover');
  await screen.find(merv ? 'merv' : 'llama', merv ? 'tyleryzhu/merv' : 'tiny/llama');
  await save(page, 'repository');
  await screen.button(/^Install (merv-tiny|llama)/).click();
  await screen.sheet.getByRole('meter', { name: 'Disk' }).waitFor();
  await save(page, 'install');
  await install.click();
  await screen.button('Ask with it').waitFor({ timeout: 120_000 });

  await screen.go('Discover');
  await screen.find('llama', 'tiny/llama-chat');
  await screen.button(/^Install (tiny\/)?llama-chat/).click();
  // Not what was announced, however often it is fetched.
  hub.fail({ path: 'tokenizer.json', what: { kind: 'wrong-body' } });
  await install.click();
  await page.getByRole('alert').first().waitFor({ timeout: 60_000 });
  await save(page, 'downloads');
  hub.fail();

  await screen.go('Models');
  await screen.row(merv ? /^merv-tiny/ : /^Starter/).click();
  await page.getByRole('img', { name: /^Parts: / }).waitFor();
  await save(page, 'models');
  await page.getByRole('tab', { name: 'Tensors' }).click();
  await page
    .getByRole('cell', { name: /weight/ })
    .first()
    .waitFor();
  await save(page, 'tensors');

  await screen.go('Ask');
  await askScreen(page).openSample();
  await screen.go('Compare');
  await page.getByRole('textbox', { name: 'Question for all' }).fill('What is in this video?');
  await page.getByRole('main').getByRole('button', { name: 'Compare', exact: true }).click();
  await screen.button('Stop').waitFor();
  await screen.button('Stop').waitFor({ state: 'detached', timeout: 120_000 });
  await save(page, 'compare');
  await screen.go('Settings');
  await page.getByText('Offline mode').first().waitFor();
  await save(page, 'settings');
  await page.getByRole('tab', { name: 'Activity' }).click();
  await page.getByRole('list', { name: 'Requests' }).waitFor();
  await save(page, 'activity');
  await close();

  for (const [name, view] of [
    ['models-light', { ...wide, colorScheme: 'light' }],
    ['models-narrow', narrow],
  ] as const) {
    const other = await open(server.address, view);
    const shown = modelsScreen(other.page);
    await shown.go('Models');
    await shown.row(merv ? /^merv-tiny/ : /^Starter/).click();
    await other.page.getByRole('img', { name: /^Parts: / }).waitFor();
    await save(other.page, name);
    await other.close();
  }
  await server.stop();
}
