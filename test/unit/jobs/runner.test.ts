import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelled, ExpectedError } from '../../../engine/contract/errors.ts';
import { createJobRunner, type JobRunner } from '../../../engine/hub/jobs/runner.ts';
import type { JobContext, JobWorks } from '../../../engine/hub/jobs/work.ts';
import { type Database, openDatabase } from '../../../engine/store/database.ts';
import { createEngineRegister } from '../../../engine/store/engines.ts';
import { createJobStore, type JobRequest } from '../../../engine/store/jobs.ts';

let folder: string;
let database: Database;
const open: JobRunner[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'merv jobs '));
  database = openDatabase(join(folder, 'studio.db'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((runner) => runner.close()));
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Works that follow a script by model id, and tell what they did. */
function scripted() {
  const log: string[] = [];
  const go = new Map<string, () => void>();
  const waits = (id: string, { signal }: JobContext): Promise<void> =>
    new Promise((resolve, reject) => {
      go.set(id, resolve);
      signal.addEventListener('abort', () => reject(cancelled()));
    });
  const work = async (id: string, context: JobContext): Promise<void> => {
    log.push(`start ${id}`);
    if (id.startsWith('convert')) await context.inTurn(() => waits(id, context));
    else if (id.startsWith('wait')) await waits(id, context);
    else if (id === 'fails') throw new ExpectedError('network', 'No answer.', 'Try again.');
    else if (id === 'bug') throw new TypeError('inner');
    log.push(`end ${id}`);
  };
  const clean = async (id: string): Promise<void> => void log.push(`clean ${id}`);
  const works: JobWorks = {
    install: { run: async () => {}, clean: async () => {} },
    repair: {
      run: ({ modelId }, context) => work(modelId, context),
      clean: ({ modelId }) => clean(modelId),
    },
    export: { run: async () => {}, clean: async () => {} },
    move: { run: ({ to }, context) => work(to, context), clean: ({ to }) => clean(to) },
    libtorch: { run: async () => {}, clean: async () => {} },
  };
  return { works, log, go: (id: string) => go.get(id)?.(), reached: (id: string) => go.has(id) };
}

function engine(works: JobWorks, runs: 'all' | 'own' = 'all', over: Database = database) {
  const engines = createEngineRegister(over);
  const store = createJobStore(over, engines);
  const runner = createJobRunner({ store, engines, works, runs, prepare: async () => {} });
  open.push(runner);
  const stateOf = (id: string) => store.get(id).job.state;
  return { runner, store, engines, stateOf };
}

const repair = (modelId: string): JobRequest => ({ kind: 'repair', modelId });

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('It did not happen within three seconds.');
}

describe('jobs', () => {
  it('run at once, up to four, and one converts at a time', async () => {
    const { works, log, go, reached } = scripted();
    const { runner, stateOf } = engine(works);
    const [one, two] = ['convert1', 'convert2'].map((id) => runner.add(repair(id), id, id));
    for (const id of ['wait1', 'wait2', 'wait3']) runner.add(repair(id), id, id);
    await until(() => log.length === 4);
    expect(log).toEqual(['start convert1', 'start convert2', 'start wait1', 'start wait2']);
    await until(() => reached('convert1') && reached('wait1'));
    go('wait1');
    await until(() => log.includes('start wait3'));
    expect(reached('convert2')).toBe(false);
    go('convert1');
    await until(() => reached('convert2'));
    expect([stateOf(one!), stateOf(two!)]).toEqual(['done', 'running']);
  });

  it('pause and go on, cancel and clean up', async () => {
    const { works, log, go } = scripted();
    const { runner, stateOf } = engine(works);
    const id = runner.add(repair('wait'), 'Wait', 'wait');
    await until(() => log.length === 1);
    runner.pause(id);
    await until(() => stateOf(id) === 'paused');
    runner.resume(id);
    await until(() => log.filter((line) => line === 'start wait').length === 2);
    runner.cancel(id);
    await until(() => stateOf(id) === 'cancelled');
    expect(log.at(-1)).toBe('clean wait');
    runner.forget(id);
    expect(runner.list()).toEqual([]);

    const paused = runner.add(repair('wait2'), 'Wait', 'wait2');
    runner.pause(paused);
    await until(() => stateOf(paused) === 'paused');
    expect(() => runner.forget(paused)).toThrow(/not ended/);
    runner.cancel(paused);
    await until(() => stateOf(paused) === 'cancelled');
    expect(log.at(-1)).toBe('clean wait2');
    go('wait2');
  });

  it('that fail say why and may be tried again; a bug is not shown inside out', async () => {
    const { works } = scripted();
    const { runner, store, stateOf } = engine(works);
    const log = console.error;
    console.error = () => {};
    const bug = runner.add(repair('bug'), 'Bug', null);
    const id = runner.add(repair('fails'), 'Fails', null);
    await until(() => stateOf(id) === 'failed' && stateOf(bug) === 'failed');
    console.error = log;
    expect(store.get(id).job.error).toEqual({
      code: 'network',
      sentence: 'No answer.',
      remedy: 'Try again.',
    });
    expect(store.get(bug).job.error?.sentence).not.toContain('inner');
    expect(runner.add(repair('fails'), 'Fails', null)).toBe(id);
  });

  it('of an engine that closed or died are gone on with by the next, and by one only', async () => {
    const { works, log } = scripted();
    const first = engine(works);
    const id = first.runner.add(repair('wait'), 'Wait', 'wait');
    const other = openDatabase(join(folder, 'studio.db'));
    const second = engine(works, 'all', other);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(log).toEqual(['start wait']);
    await first.runner.close();
    await until(() => log.length === 2);
    expect(second.store.get(id)).toMatchObject({ engineId: second.engines.id, job: { state: 'running' } });
    await second.runner.close();

    // As a killed process leaves it.
    const dead = createEngineRegister(other, 'dead');
    createJobStore(other, dead).claim(id);
    other.run("UPDATE engines SET pid = 999999 WHERE id = 'dead'");
    const own = engine(works, 'own', other);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(own.stateOf(id)).toBe('running');
    expect(log).toHaveLength(2);
    const all = engine(works, 'all', other);
    await until(() => log.length === 3);
    expect(all.store.get(id).engineId).toBe(all.engines.id);
    await own.runner.close();
    await all.runner.close();
    other.close();
  });

  it('run in another engine are paused and cancelled from here', async () => {
    const { works, log } = scripted();
    const runs = engine(works, 'own');
    const asks = engine(works);
    const id = runs.runner.add(repair('wait'), 'Wait', 'wait');
    await until(() => log.length === 1);
    asks.runner.pause(id);
    await until(() => asks.stateOf(id) === 'paused');
    runs.runner.resume(id);
    await until(() => log.length === 2);
    asks.runner.cancel(id);
    await until(() => asks.stateOf(id) === 'cancelled');
  });

  it('a move runs alone', async () => {
    const { works, log, go } = scripted();
    const { runner } = engine(works);
    runner.add(repair('wait'), 'Wait', 'wait');
    runner.add({ kind: 'move', from: '/a', to: 'wait-move' }, 'Move', null);
    runner.add(repair('x'), 'x', 'x');
    await until(() => log.length === 1);
    expect(log).toEqual(['start wait']);
    go('wait');
    await until(() => log.includes('start wait-move'));
    expect([runner.moving, log.includes('start x')]).toEqual([true, false]);
    go('wait-move');
    await until(() => log.includes('end x'));
  });

  it('count on parts until they end', () => {
    const { works } = scripted();
    const { runner, store } = engine(works);
    const id = runner.add(repair('wait'), 'Wait', 'wait');
    store.setParts(id, ['a', 'b', 'a']);
    expect(store.withPartsInUse((inUse) => [...inUse].sort())).toEqual(['a', 'b']);
    store.finish(id, 'done', null);
    expect(store.withPartsInUse((inUse) => inUse.size)).toBe(0);
  });
});
