import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backOffMs, type EngineStatus, superviseEngine } from '../../../renderer/lib/engine-supervisor.ts';
import { Disconnected, toFailure } from '../../../renderer/lib/failure.ts';
import type { Host } from '../../../renderer/lib/host.ts';
import { newScript } from './support/scripted-engine.ts';
import { scriptedHost } from './support/scripted-host.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watch(host: Host) {
  const seen: EngineStatus[] = [];
  let lives = 0;
  const supervisor = superviseEngine(host, {
    onStatus: (status) => seen.push(status),
    onConnected: () => {
      lives += 1;
    },
  });
  return { supervisor, seen, kinds: () => seen.map((status) => status.kind), lives: () => lives };
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('superviseEngine', () => {
  it('says why the engine went away, has no client meanwhile, and connects to its next life', async () => {
    const host = scriptedHost(newScript());
    const { supervisor, seen, kinds, lives } = watch(host);
    await pass(50);
    expect(kinds()).toEqual(['starting', 'ready']);
    host.crash(3_000);
    await pass(100);
    expect(seen.at(-1)).toMatchObject({ kind: 'restarting', reason: 'It was ended by SIGKILL.' });
    expect(() => supervisor.client()).toThrow(Disconnected);
    await pass(4_000);
    expect(kinds().at(-1)).toBe('ready');
    expect(lives()).toBe(2);
    const models = supervisor.client().models.list();
    await pass(10);
    expect(await models).toHaveLength(1);
    supervisor.dispose();
  });

  it('connects at once when the shell says ready, not after the back-off', async () => {
    const host = scriptedHost(newScript());
    const { supervisor, kinds } = watch(host);
    await pass(50);
    host.crash(20_000);
    await pass(19_999);
    expect(kinds().at(-1)).toBe('restarting');
    await pass(50);
    expect(kinds().at(-1)).toBe('ready');
    supervisor.dispose();
  });

  it('rejects the calls that were under way when the engine died', async () => {
    const script = { ...newScript(), stepMs: 1_000 };
    const host = scriptedHost(script);
    const { supervisor } = watch(host);
    await pass(50);
    const call = supervisor.client().video.open({ path: '/media/sample.mp4' });
    const outcome = call.catch(toFailure);
    host.crash(500);
    await pass(10);
    expect(await outcome).toEqual({ kind: 'disconnected' });
    supervisor.dispose();
  });

  it('notices a missing heartbeat after five seconds and its return', async () => {
    const host = scriptedHost(newScript());
    const { supervisor, kinds } = watch(host);
    await pass(3_000);
    host.hang(true);
    await pass(4_000);
    expect(kinds().at(-1)).toBe('ready');
    await pass(2_600);
    expect(kinds().at(-1)).toBe('hung');
    host.hang(false);
    await pass(1_100);
    expect(kinds().at(-1)).toBe('ready');
    supervisor.dispose();
  });

  it('stays stopped when the shell gave up, until it is told to restart', async () => {
    const host = scriptedHost(newScript());
    const { supervisor, seen, kinds, lives } = watch(host);
    await pass(50);
    host.giveUp('It stopped five times in a row.');
    await pass(120_000);
    expect(seen.at(-1)).toEqual({ kind: 'stopped', reason: 'It stopped five times in a row.' });
    supervisor.restart();
    await pass(100);
    expect(kinds().slice(-2)).toEqual(['starting', 'ready']);
    expect(lives()).toBe(2);
    supervisor.dispose();
  });

  it('in a browser: says stopped after some attempts and still comes back by itself', async () => {
    const desktop = scriptedHost(newScript());
    const host: Host = { ...desktop, restartEngine: null, onEngineState: () => () => {} };
    const { supervisor, kinds } = watch(host);
    await pass(50);
    desktop.crash(90_000);
    await pass(60_000);
    expect(kinds().at(-1)).toBe('stopped');
    await pass(60_000);
    expect(kinds().at(-1)).toBe('ready');
    supervisor.dispose();
  });

  it('waits longer and longer, never over ten seconds', () => {
    const waits = [0, 1, 2, 5, 9, 50].map((attempt) => backOffMs(attempt, () => 0.5));
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
    expect(waits[0]).toBeLessThan(300);
    expect(waits.at(-1)).toBeLessThanOrEqual(10_000);
  });
});
