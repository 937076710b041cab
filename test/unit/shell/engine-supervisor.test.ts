import type { MessagePortMain } from 'electron';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EngineProcess, superviseEngine } from '../../../electron/main/engine-supervisor.ts';
import type { ToEngine } from '../../../engine/contract/control.ts';
import type { EngineState } from '../../../engine/contract/shell.ts';

/** An engine process that does what the test says. */
class FakeEngine implements EngineProcess {
  readonly received: ToEngine[] = [];
  readonly exits: ((code: number) => void)[] = [];
  say: (message: unknown) => void = () => {};
  post(message: ToEngine): void {
    this.received.push(message);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.say = listener;
  }
  onExit(listener: (code: number) => void): void {
    this.exits.push(listener);
  }
  kill(): void {
    this.exit(15);
  }
  exit(code: number): void {
    for (const listener of this.exits) listener(code);
  }
}

const port = {} as MessagePortMain;

function supervised() {
  const engines: FakeEngine[] = [];
  const states: EngineState[] = [];
  const media: [string, string][] = [];
  const supervisor = superviseEngine({
    spawn: () => {
      const engine = new FakeEngine();
      engines.push(engine);
      return engine;
    },
    onState: (state) => states.push(state),
    onMedia: (id, path) => media.push([id, path]),
    readyTimeoutMs: 1000,
  });
  supervisor.start();
  return { supervisor, engines, states, media, newest: () => engines.at(-1) as FakeEngine };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the engine’s supervisor', () => {
  it('holds a connection back until the engine is ready', async () => {
    const { supervisor, newest } = supervised();
    const connected = supervisor.connect(port);
    expect(newest().received).toEqual([]);
    newest().say({ type: 'ready' });
    await connected;
    expect(newest().received).toEqual([{ type: 'connect' }]);
  });

  it('starts a crashed engine again and grants it what the user had opened', async () => {
    const { supervisor, newest, states } = supervised();
    newest().say({ type: 'ready' });
    const granted = supervisor.grant('/a.mp4');
    newest().say({ type: 'granted', id: 0 });
    await granted;
    newest().exit(9);
    expect(states.at(-1)).toMatchObject({
      state: 'starting',
      restarts: 1,
      reason: expect.stringContaining('9'),
    });
    await vi.advanceTimersByTimeAsync(1);
    newest().say({ type: 'ready' });
    expect(newest().received).toEqual([{ type: 'grant', id: 1, path: '/a.mp4' }]);
    expect(states.at(-1)).toEqual({ state: 'ready', restarts: 1 });
  });

  it('gives up after five crashes in a minute, and starts again when asked', async () => {
    const { supervisor, engines, newest, states } = supervised();
    for (let crash = 0; crash < 5; crash += 1) {
      newest().exit(1);
      await vi.advanceTimersByTimeAsync(5000);
    }
    expect(engines).toHaveLength(5);
    expect(states.at(-1)?.state).toBe('stopped');
    await expect(supervisor.connect(port)).rejects.toThrow('not running');
    supervisor.restart();
    newest().say({ type: 'ready' });
    expect(supervisor.state().state).toBe('ready');
  });

  it('waits longer before each start, and keeps on where crashes are rare', async () => {
    const { engines, newest } = supervised();
    newest().exit(1);
    await vi.advanceTimersByTimeAsync(1);
    newest().exit(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(engines).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(engines).toHaveLength(3);
    for (let crash = 0; crash < 8; crash += 1) {
      newest().say({ type: 'ready' });
      await vi.advanceTimersByTimeAsync(61_000);
      newest().exit(1);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(engines).toHaveLength(11);
  });

  it('ends an engine that never gets ready', async () => {
    const { engines } = supervised();
    await vi.advanceTimersByTimeAsync(1500);
    expect(engines.length).toBeGreaterThan(1);
  });

  it('does not start again what says that it cannot start', async () => {
    const { engines, newest, states } = supervised();
    newest().say({
      type: 'fatal',
      sentence: 'The data folder cannot be made.',
      remedy: 'Check its permissions.',
    });
    newest().exit(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(engines).toHaveLength(1);
    expect(states.at(-1)).toMatchObject({ state: 'stopped', reason: expect.stringContaining('permissions') });
  });

  it('ignores messages of another form and of an engine that is gone', async () => {
    const { supervisor, newest, media } = supervised();
    const old = newest();
    old.say({ type: 'media', id: '', path: '/etc/passwd' });
    old.say('ready');
    expect(supervisor.state().state).toBe('starting');
    supervisor.restart();
    old.say({ type: 'media', id: 'a', path: '/a.mp4' });
    expect(media).toEqual([]);
    newest().say({ type: 'media', id: 'a', path: '/a.mp4' });
    expect(media).toEqual([['a', '/a.mp4']]);
  });

  it('asks the engine to close and uses force in the end', async () => {
    const { supervisor, engines, newest } = supervised();
    newest().say({ type: 'ready' });
    const stopped = supervisor.stop();
    expect(newest().received.at(-1)).toEqual({ type: 'close' });
    await vi.advanceTimersByTimeAsync(3500);
    await stopped;
    expect(engines).toHaveLength(1);
  });
});
