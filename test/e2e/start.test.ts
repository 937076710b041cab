import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environment } from './support/desktop.ts';
import { freshHome, type Home, root } from './support/machine.ts';

interface Run {
  readonly child: ChildProcess;
  readonly text: { out: string; err: string };
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** `npm start -- …` as npm runs it, on a machine without a display. */
function start(home: string, ...args: readonly string[]): Run {
  const { DISPLAY: _x11, WAYLAND_DISPLAY: _wayland, ...env } = environment(home);
  const child = spawn(process.execPath, [join(root, 'build', 'scripts', 'start.mjs'), ...args], {
    env,
    cwd: root,
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.err += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, text, ended };
}

describe('npm start', () => {
  let home: Home;
  beforeAll(() => {
    home = freshHome();
  });
  afterAll(() => home?.remove());

  it('answers about the sample and ends stdout with one line of JSON', async () => {
    const { text, ended } = start(home.folder, 'ask', '--json', '--max-tokens', '16');
    expect(await ended).toEqual({ code: 0, signal: null });
    const answer = JSON.parse(text.out.trim().split('\n').at(-1) ?? '');
    expect(Object.keys(answer)).toEqual(
      expect.arrayContaining(['answer', 'model', 'frames', 'tokens', 'ms', 'warnings']),
    );
    expect(answer.answer.length).toBeGreaterThan(0);
    expect(answer.tokens.visual).toBeGreaterThan(0);
    expect(answer.tokens.generated).toBeLessThanOrEqual(16);
    expect(answer.frames.length).toBeGreaterThan(0);
  });

  it('passes on the exit code and the sentence of a failure', async () => {
    const { text, ended } = start(home.folder, 'ask', 'no-such-video.mp4', 'What is it?');
    expect((await ended).code).toBe(1);
    expect(text.err).toContain('no-such-video.mp4');
  });

  it('serves the interface where there is no display, until it is stopped', async () => {
    const { child, text, ended } = start(home.folder);
    await expect.poll(() => text.out, { timeout: 30_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/);
    expect(text.err).toContain('no display');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});
