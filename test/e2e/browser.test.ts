import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askScreen, longQuestion, saidLength, streamed } from './support/ask-screen.ts';
import { chromiumPath, freshHome, type Home } from './support/machine.ts';
import { type Served, serve, startBrowser } from './support/served.ts';

describe.skipIf(chromiumPath === '')('the interface in a browser', () => {
  let home: Home;
  let server: Served;
  let browser: Browser;
  let page: Page;
  let screen: ReturnType<typeof askScreen>;
  const problems: string[] = [];

  beforeAll(async () => {
    home = freshHome();
    server = await serve(home.folder);
    browser = await startBrowser();
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    screen = askScreen(page);
    await page.goto(server.address);
    await screen.button('Open sample').waitFor({ timeout: 60_000 });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    home?.remove();
  });

  it('takes the token out of the address', () => {
    expect(page.url()).not.toContain('token');
  });

  it('opens the sample, answers, streams a long answer, stops it, answers a follow-up', async () => {
    await screen.openSample();
    const first = await screen.send('What is in this video?');
    await screen.idle();
    expect(await saidLength(first)).toBeGreaterThan(5);

    const second = await screen.send(longQuestion);
    const length = await streamed(second);
    await screen.button('Stop').click();
    await screen.idle();
    expect(await saidLength(second)).toBeGreaterThanOrEqual(length);

    const third = await screen.send('And what colour is it?');
    await screen.idle();
    expect(await saidLength(third)).toBeGreaterThan(0);
  });

  it('plays the video it opened', async () => {
    const video = page.locator('video').first();
    await expect
      .poll(() => video.evaluate((element) => (element as HTMLVideoElement).readyState), { timeout: 15_000 })
      .toBeGreaterThanOrEqual(1);
  });

  it('keeps the history over a reload', async () => {
    await page.reload();
    await page.getByText('What is in this video?').first().waitFor({ timeout: 30_000 });
  });

  it('refuses a wrong token, for the page and for the socket', async () => {
    const wrong = new URL(server.address);
    wrong.searchParams.set('token', 'wrong');
    const context = await browser.newContext();
    const other = await context.newPage();
    const reply = await other.goto(wrong.href);
    expect(reply?.status()).toBeGreaterThanOrEqual(400);
    const socket = await other.evaluate(
      (address) =>
        new Promise<string>((resolve) => {
          const attempt = new WebSocket(address);
          attempt.onopen = () => resolve('open');
          attempt.onerror = () => resolve('refused');
        }),
      `ws://${wrong.host}/rpc?token=wrong`,
    );
    expect(socket).toBe('refused');
    await context.close();
  });

  it('met no error in the page', () => {
    expect(problems).toEqual([]);
  });
});
