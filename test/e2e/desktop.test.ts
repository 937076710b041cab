import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askScreen, longQuestion, saidLength, streamed, watchText } from './support/ask-screen.ts';
import { type Desktop, electronArguments, environment, startDesktop } from './support/desktop.ts';
import { electronPath, freshHome, type Home, samplePath } from './support/machine.ts';

/** One window, one user: the tests follow each other as a session would. */
describe.skipIf(electronPath === '')('the window', () => {
  let home: Home;
  let desktop: Desktop;
  let screen: ReturnType<typeof askScreen>;
  const problems: string[] = [];

  beforeAll(async () => {
    home = freshHome();
    desktop = await startDesktop(home.folder);
    screen = askScreen(desktop.page);
    desktop.page.on('pageerror', (error) => problems.push(error.message));
    await screen.button('Open sample').waitFor({ timeout: 60_000 });
  });
  afterAll(async () => {
    await desktop?.app.close();
    home?.remove();
  });

  it('runs the page sandboxed, isolated and without Node', async () => {
    const page = await desktop.page.evaluate(() => ({
      node: typeof (globalThis as { process?: unknown }).process,
      bridge: Object.values((globalThis as unknown as { merv: object }).merv).map((member) => typeof member),
    }));
    expect(page.node).toBe('undefined');
    expect(new Set(page.bridge)).toEqual(new Set(['function']));
    const preferences = await desktop.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      const { sandbox, contextIsolation, nodeIntegration } = contents.getLastWebPreferences();
      return { sandbox, contextIsolation, nodeIntegration };
    });
    expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false });
  });

  it('opens the sample and shows the frames the model will see', async () => {
    await screen.openSample();
    expect(await screen.frames.count()).toBeGreaterThan(0);
    const video = desktop.page.locator('video').first();
    await expect
      .poll(() => video.evaluate((element) => (element as HTMLVideoElement).readyState), { timeout: 15_000 })
      .toBeGreaterThanOrEqual(1);
    expect(await video.evaluate((element) => (element as HTMLVideoElement).currentSrc)).toMatch(
      /^media:\/\/video\//,
    );
  });

  it('answers a question about the video', async () => {
    const answer = await screen.send('What is in this video?');
    await screen.idle();
    expect(await saidLength(answer)).toBeGreaterThan(5);
  });

  it('streams an answer, stops it in the middle and keeps what was said', async () => {
    const answer = await screen.send(longQuestion);
    const length = await streamed(answer);
    const asked = Date.now();
    await screen.button('Stop').click();
    await screen.idle();
    expect(Date.now() - asked).toBeLessThan(5000);
    expect(await saidLength(answer)).toBeGreaterThanOrEqual(length);
  });

  it('answers a follow-up', async () => {
    const answer = await screen.send('And what colour is it?');
    await screen.idle();
    expect(await saidLength(answer)).toBeGreaterThan(0);
    expect(await screen.questions.count()).toBe(3);
  });

  it('says so when the engine is killed, starts it again, keeps the conversation and goes on', async () => {
    // In a conversation of its own: what is said behind an answer that was stopped somewhere is of any length.
    await screen.button('New conversation').click();
    await screen.send('What is in this video?');
    await screen.idle();
    await streamed(await screen.send(longQuestion));
    const pid = await desktop.enginePid();
    if (pid === null) throw new Error('The engine has no process.');
    const body = await watchText(desktop.page.locator('body'));
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => desktop.enginePid(), { timeout: 15_000 }).not.toBe(pid);
    await expect.poll(() => desktop.enginePid(), { timeout: 15_000 }).not.toBeNull();
    await screen.idle();
    expect((await body.stop()).join('\n')).toMatch(/engine (stopped|is being restarted|was interrupted)/i);
    expect(await screen.questions.count()).toBe(2);

    const next = await screen.send('What is in this video?');
    await screen.idle();
    expect(await saidLength(next)).toBeGreaterThan(5);
    expect(await screen.questions.count()).toBe(3);
  });

  it('keeps the history over a reload of the page', async () => {
    await desktop.page.reload();
    await screen.button('New conversation').waitFor({ timeout: 30_000 });
    await desktop.page.getByText('What is in this video?').first().waitFor({ timeout: 30_000 });
  });

  it('gives a second start’s file to the first window', async () => {
    await screen.button('New conversation').click();
    await screen.button('Open sample').waitFor();
    const second = spawnSync(electronPath, [...electronArguments, samplePath], {
      env: environment(home.folder),
      timeout: 20_000,
    });
    expect(second.status).toBe(0);
    await screen.frames.first().waitFor({ timeout: 30_000 });
    expect(await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  // Last of what needs the page: Playwright waits for ever for a navigation that was refused.
  it('refuses navigation, new windows, the network and permissions', async () => {
    const { page } = desktop;
    const outcome = await page.evaluate(async () => ({
      opened: String(window.open('https://example.com')),
      fetched: await fetch('https://example.com').then(
        () => 'fetched',
        () => 'refused',
      ),
      notifications: await Notification.requestPermission(),
      position: await new Promise<string>((resolve) => {
        navigator.geolocation.getCurrentPosition(
          () => resolve('known'),
          () => resolve('refused'),
        );
      }),
    }));
    expect(outcome).toEqual({
      opened: 'null',
      fetched: 'refused',
      notifications: 'denied',
      position: 'refused',
    });
    const before = page.url();
    const url = () =>
      desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getURL());
    await page.evaluate(() => {
      window.location.href = 'https://example.com/';
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await url()).toBe(before);
    expect(await desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  it('met no error in the page', () => {
    expect(problems).toEqual([]);
  });

  it('takes the engine with it when it is closed', async () => {
    const pid = Number(await desktop.enginePid());
    await desktop.app.close();
    const lives = () => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await expect.poll(lives, { timeout: 5_000 }).toBe(false);
  });
});
