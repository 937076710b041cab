// npm run screenshots: the screens in their states, through `merv serve` and a headless browser, into docs/.
// `npm run screenshots -- train` takes those of one part only: ask, models, train.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type View, wide } from './screenshots/camera.ts';
import { setUp } from './setup/all.mjs';
import { at, cache } from './setup/folders.mjs';
import { exclusively } from './setup/lock.mjs';
import { ensureNative } from './setup/native.mjs';
import { fail, SetupError } from './setup/say.mjs';
import { ensureChromium } from './test/browsers.mjs';

process.env.MERV_HOME ??= join(cache, 'test-home');
await setUp({ electron: false, model: true }).catch(fail);
process.env.MERV_TEST_CHROMIUM =
  (await ensureChromium()) ?? fail(new SetupError('Screenshots need Chromium: install it and start again.'));

// They read the environment set above when they are loaded.
const { askScreen, longQuestion, streamed } = await import('../../test/e2e/support/ask-screen.ts');
const { freshHome } = await import('../../test/e2e/support/machine.ts');
const { serve, startBrowser } = await import('../../test/e2e/support/served.ts');

const { photographModels } = await import('./screenshots/models.ts');
const { photographTrain } = await import('./screenshots/train.ts');
const parts = process.argv.slice(2);
const asked = (part: 'ask' | 'models' | 'train') => parts.length === 0 || parts.includes(part);

const folder = at('docs', 'screenshots');
mkdirSync(folder, { recursive: true });

async function save(page: Page, name: string): Promise<void> {
  // Off the button that was clicked, so that its tooltip goes.
  await page.mouse.move(2, 2);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** Opens the interface in a fresh profile and waits until it is there. */
async function open(browser: Browser, address: string, { colorScheme, width, height }: View) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height } });
  const page = await context.newPage();
  await page.goto(address);
  const screen = askScreen(page);
  await screen.button('Open sample').waitFor();
  return { page, screen, close: () => context.close() };
}

async function photographAsk(browser: Browser): Promise<void> {
  const home = freshHome();
  const server = await serve(home.folder);
  try {
    await photographAnswers(browser, server.address, home.folder);
  } finally {
    await server.stop();
    home.remove();
  }
}

async function photographAnswers(browser: Browser, address: string, home: string): Promise<void> {
  const dark = await open(browser, address, wide);
  await save(dark.page, 'empty');
  await dark.screen.openSample();
  await dark.screen.send('What is in this video?');
  await dark.screen.idle();
  await save(dark.page, 'dark');
  const answer = await dark.screen.send(longQuestion);
  while ((await streamed(answer)) < 80);
  await save(dark.page, 'streaming');
  await dark.screen.button('Stop').click();
  await dark.screen.idle();
  await dark.close();

  const views: readonly (readonly [string, View])[] = [
    ['light', { ...wide, colorScheme: 'light' }],
    ['narrow', { colorScheme: 'dark', width: 420, height: 820 }],
  ];
  for (const [name, view] of views) {
    const { page, screen, close } = await open(browser, address, view);
    await screen.openSample();
    await screen.send('What is in this video?');
    await screen.idle();
    await save(page, name);
    await close();
  }

  const broken = join(home, 'holiday.mp4');
  writeFileSync(broken, 'not a video at all');
  const failing = await open(browser, address, wide);
  const chooser = failing.page.waitForEvent('filechooser');
  await failing.screen.button('Open video…').click();
  await (await chooser).setFiles(broken);
  await failing.page.getByRole('alert').filter({ hasText: 'holiday.mp4' }).waitFor();
  await save(failing.page, 'error');
  await failing.close();
}

const browser = await startBrowser();
try {
  const context = async (address: string, { colorScheme, width, height }: View) => {
    const fresh = await browser.newContext({ colorScheme, viewport: { width, height } });
    const page = await fresh.newPage();
    await page.goto(address);
    return { page, close: () => fresh.close() };
  };
  const models = join(process.env.MERV_HOME, 'models');
  const camera = { open: context, save };
  if (asked('ask')) await photographAsk(browser);
  if (asked('models')) await photographModels(camera, models);
  if (asked('train')) {
    process.env.MERV_NATIVE ??= await exclusively(ensureNative);
    await photographTrain(camera, models);
  }
} finally {
  await browser.close();
}
