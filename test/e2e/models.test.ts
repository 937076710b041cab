import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeHub, startFakeHub } from '../support/fake-hub/fake-hub.ts';
import { tinyLlama, tinyMerv } from '../support/tiny-repos.ts';
import { askScreen, saidLength } from './support/ask-screen.ts';
import { type Desktop, startDesktop } from './support/desktop.ts';
import { electronPath } from './support/machine.ts';
import { modelsScreen } from './support/models-screen.ts';

const merv = tinyMerv();
const token = 'hf_good';

/** A machine without any model, in front of a Hugging Face of its own; the tests follow each other. */
describe.skipIf(electronPath === '')('models in the window', () => {
  let home: string;
  let fake: FakeHub;
  let desktop: Desktop;
  let screen: ReturnType<typeof modelsScreen>;
  let ask: ReturnType<typeof askScreen>;
  const problems: string[] = [];
  const before = { ...process.env };

  const start = async () => {
    desktop = await startDesktop(home);
    desktop.page.setDefaultTimeout(30_000);
    desktop.page.on('pageerror', (error) => problems.push(error.message));
    screen = modelsScreen(desktop.page);
    ask = askScreen(desktop.page);
    await screen.button('Ask').waitFor();
  };
  const partFolders = () =>
    readdirSync(join(home, 'models', 'parts')).filter((name) => !name.startsWith('.'));

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'merv e2e models '));
    fake = await startFakeHub({
      repos: [tinyLlama(), ...(merv ?? [])],
      tokens: { [token]: ['meta-llama/Llama-2-7b-hf'] },
    });
    for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HTTPS_PROXY', 'HTTP_PROXY']) delete process.env[name];
    process.env.HF_ENDPOINT = fake.endpoint;
    process.env.HF_HOME = join(home, 'hf');
    await start();
  });
  afterAll(async () => {
    await desktop?.app.close();
    await fake?.close();
    process.env = before;
    rmSync(home, { recursive: true, force: true });
  });

  it('says that there is no model, and what to do', async () => {
    await desktop.page.getByRole('heading', { name: 'First, a model' }).waitFor();
    await screen.button('Discover models').click();
    await desktop.page.getByRole('article', { name: 'Starter', exact: true }).waitFor();
    expect(fake.requests).toEqual([]);
  });

  it('finds a model and says what it would take', async () => {
    if (merv) await screen.find('merv', 'tyleryzhu/merv');
    else await screen.find('llama', 'tiny/llama');
    await screen.button(/^Install merv-tiny|^Install llama/).click();
    const install = screen.sheet.getByRole('button', { name: 'Install', exact: true });
    if (merv) {
      await screen.sheet.getByRole('alert').filter({ hasText: 'meta-llama/Llama-2-7b-hf' }).waitFor();
      expect(await install.isDisabled()).toBe(true);
      await screen.sheet.getByRole('textbox', { name: 'Access token' }).fill(token);
      await screen.sheet.getByRole('button', { name: 'Save token' }).click();
      await screen.sheet.getByRole('alert').first().waitFor({ state: 'detached' });
    }
    await screen.sheet.getByRole('meter', { name: 'Disk' }).waitFor();
    expect(await install.isEnabled()).toBe(true);
  });

  it('pauses the download, keeps it over a new start of the application, and goes on', async () => {
    // Looking it up takes so long that the weights can be made slow before they are fetched.
    fake.fail({ path: 'tokenizer.', what: { kind: 'slow', bytesPerSecond: 5_000 } });
    await screen.sheet.getByRole('button', { name: 'Install', exact: true }).click();
    const job = () => screen.job(/^Install /);
    await job().waitFor();
    fake.fail({ server: 'cdn', what: { kind: 'slow', bytesPerSecond: 300_000 } });
    await job()
      .getByText(/^Downloading /)
      .waitFor({ timeout: 90_000 });
    await job().getByRole('button', { name: 'Pause' }).click();
    await job().getByText('Paused').waitFor();

    await desktop.app.close();
    await start();
    await screen.go('Downloads');
    await job().getByText('Paused').waitFor();
    fake.fail();
    await job().getByRole('button', { name: 'Resume' }).click();
    await job().getByRole('button', { name: 'Ask with it' }).waitFor({ timeout: 120_000 });
    expect(partFolders().length).toBeGreaterThan(1);
  });

  it('shows what the model is made of', async () => {
    await screen.go('Models');
    await desktop.page.getByRole('img', { name: /^Parts: / }).waitFor();
    await desktop.page.getByRole('tab', { name: 'Tensors' }).click();
    await desktop.page
      .getByRole('cell', { name: /weight/ })
      .first()
      .waitFor();
    await desktop.page.getByRole('tab', { name: 'Files' }).click();
    await screen.button('Verify files').click();
    await desktop.page.getByText('Every file is exactly as it was written.').waitFor();
  });

  it('asks it', async () => {
    await screen.button('Ask with it').click();
    if (merv) await ask.openSample();
    const answer = await ask.send('What happens in the video?');
    await ask.idle();
    expect(await saidLength(answer)).toBeGreaterThan(0);
    expect(await answer.getByRole('alert').count()).toBe(0);
  });

  it('exports it to the place that was chosen, and takes a model from a file', async () => {
    const exported = join(home, 'shared.mervmodel');
    await desktop.app.evaluate(({ dialog }, path) => {
      dialog.showSaveDialog = (async () => ({
        canceled: false,
        filePath: path,
      })) as typeof dialog.showSaveDialog;
      dialog.showOpenDialog = (async () => ({
        canceled: false,
        filePaths: [path],
      })) as typeof dialog.showOpenDialog;
    }, exported);
    await screen.go('Models');
    await screen.button('More actions').click();
    await desktop.page.getByRole('menuitem', { name: 'Export…' }).click();
    await screen
      .job(/^Export /)
      .getByText(/^Exported/)
      .waitFor();
    await screen.button('Add model').click();
    await desktop.page.getByRole('menuitem', { name: 'From a file…' }).click();
    await screen.sheet.getByText('Nothing to download').waitFor();
    await screen.sheet.getByRole('button', { name: 'Cancel' }).click();
    await screen.sheet.waitFor({ state: 'detached' });
  });

  it('lists what left the machine, and keeps the token to itself', async () => {
    await screen.go('Settings');
    await desktop.page.getByText('Entered here').waitFor({ state: merv ? 'visible' : 'detached' });
    await desktop.page.getByRole('tab', { name: 'Activity' }).click();
    const list = desktop.page.getByRole('list', { name: 'Requests' });
    await list.getByText(fake.endpoint).first().waitFor();
    expect(await desktop.page.content()).not.toContain(token);
  });

  it('deletes it and says what became free', async () => {
    await screen.go('Models');
    await screen.button('More actions').click();
    await desktop.page.getByRole('menuitem', { name: 'Delete…' }).click();
    await desktop.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await desktop.page.getByText(/^Deleted “.*are free again\.$/).waitFor();
    await desktop.page.getByRole('heading', { name: 'No model on this machine yet' }).waitFor();
    expect(partFolders()).toEqual([]);
  });

  it('met no error in the page', () => {
    expect(problems).toEqual([]);
  });
});
