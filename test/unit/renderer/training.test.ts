import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usualCheckpoint } from '../../../engine/contract/training.ts';
import { differingRows } from '../../../renderer/lib/config-rows.ts';
import { nextName } from '../../../renderer/lib/run-words.ts';
import { smooth } from '../../../renderer/lib/smooth.ts';
import { createStudio, type Studio } from '../../../renderer/stores/studio.ts';
import { obstacle } from '../../../renderer/stores/wizard.ts';
import { newScript, type Script } from './support/scripted-engine.ts';
import { type ScriptedHost, scriptedHost } from './support/scripted-host.ts';
import { scriptedRun, scriptedStep } from './support/scripted-training.ts';
import { sampleConfig, scriptedPreflight } from './support/training-content.ts';

let script: Script;
let host: ScriptedHost;
let studio: Studio;

beforeEach(async () => {
  vi.useFakeTimers();
  script = newScript();
  script.training.preflight = scriptedPreflight;
  host = scriptedHost(script);
  studio = createStudio(host);
  studio.start();
  await pass(300);
  studio.navigation.go('train');
  void studio.runs.look();
  await pass(10);
});
afterEach(() => {
  studio.dispose();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const runs = () => studio.runs.store.getState().runs;
const wizard = () => studio.wizard.store.getState();
const view = () => studio.trainView.store.getState().view;
const curve = (id: string) => studio.curves.store.getState().byRun.get(id) ?? [];
const calls = (name: string) => script.manager.calls.filter((call) => call.name === name);
const notices = () => studio.notices.store.getState().notices.map((notice) => notice.text);

/** From the empty list to the page of a run on the sample. */
async function startSample(): Promise<string> {
  void studio.training.startSample();
  await pass(10);
  for (const step of ['data', 'method', 'review'] as const) studio.wizard.go(step);
  await pass(1_000);
  void studio.training.start();
  await pass(150);
  const shown = view();
  return shown.kind === 'run' ? shown.id : '';
}

describe('the wizard', () => {
  it('goes with the sample from first to last with nothing to be filled in', async () => {
    void studio.training.startSample();
    await pass(10);
    expect(wizard()).toMatchObject({
      step: 'model',
      config: { modelId: 'starter', epochs: 10, learningRate: 5e-4 },
      report: { value: { examples: 48 } },
    });
    for (const step of ['model', 'data', 'method'] as const)
      expect(obstacle({ ...wizard(), step })).toBeNull();
    studio.wizard.go('review');
    await pass(50);
    expect(wizard().measurement).toEqual({ kind: 'running', detail: 'Encoding clip 1 of 3' });
    await pass(1_000);
    expect(wizard().measurement).toMatchObject({ kind: 'done', preflight: { steps: 110 } });
    void studio.training.start();
    await pass(150);
    expect(view()).toMatchObject({ kind: 'run', id: runs()[0]?.id });
    expect(calls('training.start')[0]?.input).toMatchObject({ name: 'First run', batch: 4, packing: false });
  });

  it('says what a step lacks', async () => {
    studio.training.startNew();
    expect(obstacle({ ...wizard(), step: 'data' })).toMatch(/data set/);
    void studio.training.chooseDataFile();
    await pass(10);
    expect(obstacle({ ...wizard(), step: 'data' })).toMatch(/folder/);
    script.training.report = { ...script.training.report, examples: 0 };
    void studio.training.chooseMediaFolder();
    await pass(10);
    expect(obstacle({ ...wizard(), step: 'data' })).toMatch(/no example/);
    studio.wizard.change({ name: ' ' });
    expect(obstacle({ ...wizard(), step: 'model' })).toMatch(/name/);
  });

  it('takes a saving over and nothing else, and measures again', async () => {
    await startSample();
    studio.training.duplicate(runs()[0]!);
    studio.wizard.change({ microBatch: 4, seed: 11 });
    studio.wizard.go('review');
    await pass(1_000);
    const before = wizard();
    if (before.measurement.kind !== 'done') throw new Error('not measured');
    void studio.wizard.apply(before.measurement.preflight.savings[0]!.change);
    await pass(1_000);
    expect(wizard().config).toEqual({ ...before.config, microBatch: 1 });
    expect(wizard().measurement).toMatchObject({ kind: 'done', preflight: { memoryBytes: 2.3e9 } });
  });

  it('forgets a measurement that is of other parameters, also one under way', async () => {
    void studio.training.startSample();
    await pass(10);
    studio.wizard.go('review');
    await pass(50);
    studio.wizard.change({ batch: 8 });
    await pass(1_000);
    expect(wizard().measurement).toEqual({ kind: 'none' });
  });

  it('gives a recipe its usual rate, and keeps one that was entered', () => {
    studio.training.startNew();
    studio.wizard.chooseMethod({ recipe: 'align' });
    expect(wizard().config.learningRate).toBe(1e-3);
    studio.wizard.chooseMethod({ recipe: 'finetune', method: { kind: 'full' } });
    expect(wizard().config.learningRate).toBe(2e-5);
    studio.wizard.change({ learningRate: 3e-5 });
    studio.wizard.chooseMethod({ recipe: 'align' });
    expect(wizard().config.learningRate).toBe(3e-5);
  });

  it('says why a run could not be measured or started, and stays', async () => {
    const failure = { code: 'busy', sentence: 'Another run computes.', remedy: 'Pause it.' } as const;
    script.manager.failures.set('training.preflight', failure);
    script.manager.failures.set('training.start', { ...failure, sentence: 'The disk is full.' });
    void studio.training.startSample();
    await pass(10);
    studio.wizard.go('review');
    await pass(10);
    expect(wizard().measurement).toMatchObject({ kind: 'failed', failure: { sentence: failure.sentence } });
    void studio.training.start();
    await pass(10);
    expect(view()).toEqual({ kind: 'wizard' });
    expect(wizard()).toMatchObject({ starting: false, failure: { sentence: 'The disk is full.' } });
  });
});

describe('a run', () => {
  it('is followed: each step is fetched once', async () => {
    const id = await startSample();
    await pass(3_000);
    expect(runs()[0]).toMatchObject({ state: 'done', step: 60 });
    expect(curve(id).map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    const asked = calls('training.metrics').map(({ input }) => (input as { from: number }).from);
    expect(asked.filter((from) => from === 0)).toHaveLength(1);
    // It ended before the user's eyes.
    expect(notices()).toEqual([]);
  });

  it('goes on without the engine, and is shown again by the next one', async () => {
    const id = await startSample();
    await pass(200);
    const before = curve(id).length;
    expect(before).toBeGreaterThan(0);
    host.crash(400);
    await pass(3_000);
    expect(view()).toEqual({ kind: 'run', id });
    expect(curve(id).length).toBeGreaterThan(before);
    expect(curve(id).map(({ step }) => step)).toEqual(curve(id).map((_, i) => i + 1));
    await pass(3_000);
    expect(runs()[0]?.state).toBe('done');
    expect(notices()).toEqual([]);
  });

  it('that was thrown back to its checkpoint loses the steps after it', async () => {
    const run = scriptedRun(sampleConfig, { state: 'running', step: 30 });
    script.training.runs = [run];
    const first = Array.from({ length: 30 }, (_, i) => scriptedStep(i + 1, 60, 2));
    script.training.steps.set(run.id, first);
    await pass(150);
    studio.training.showRun(run.id);
    await pass(20);
    expect(curve(run.id)).toHaveLength(30);
    const again = first.slice(0, 20).map((step) => ({ ...step, loss: 1 }));
    script.training.steps.set(run.id, again);
    script.training.runs = [{ ...run, step: 20 }];
    await pass(150);
    expect(curve(run.id)).toEqual(again);
  });

  it('pauses, resumes and stops where it is told to', async () => {
    const id = await startSample();
    void studio.training.pause(id);
    await pass(150);
    expect(runs()[0]?.state).toBe('paused');
    const { step } = runs()[0]!;
    await pass(1_000);
    expect(runs()[0]?.step).toBe(step);
    void studio.training.resume(id);
    await pass(300);
    expect(runs()[0]?.step).toBeGreaterThan(step);
    void studio.training.finish(id);
    await pass(150);
    expect(runs()[0]).toMatchObject({ state: 'done' });
  });

  it('that fails elsewhere says so and is shown from there', async () => {
    const run = scriptedRun(sampleConfig, { state: 'running', step: 3 });
    script.training.runs = [run];
    await pass(150);
    studio.navigation.go('ask');
    script.training.runs = [{ ...run, state: 'failed' }];
    await pass(150);
    expect(notices()).toEqual(['First run: The run failed.']);
    studio.notices.store.getState().notices[0]?.action?.run();
    expect(studio.navigation.store.getState().screen).toBe('train');
    expect(view()).toEqual({ kind: 'run', id: run.id });
  });

  it('deleted is gone from the list, the comparison and the page', async () => {
    const id = await startSample();
    studio.trainView.pick(id, true);
    void studio.training.remove(id);
    await pass(150);
    expect(view()).toEqual({ kind: 'list' });
    expect(studio.trainView.store.getState().picked).toEqual([]);
    expect(studio.curves.store.getState().byRun.has(id)).toBe(false);
    expect(notices()).toEqual(['Deleted the run “First run”.']);
  });

  it('becomes a model that is asked at once, or offered where the user went away', async () => {
    await startSample();
    await pass(3_000);
    const run = runs()[0]!;
    void studio.training.install(run, 60, ' Mine ', 'adapter');
    await pass(1);
    expect(studio.training.installing.getState()).toEqual({ id: run.id, part: 0.25 });
    await pass(1_000);
    expect(studio.navigation.store.getState().screen).toBe('ask');
    expect(studio.models.store.getState().chosenId).toBe('trained-60');
    expect(calls('training.install')[0]?.input).toEqual({
      ...{ id: run.id, step: 60, name: 'Mine' },
      form: 'adapter',
    });
    void studio.training.install(run, 40, 'Second', 'merged');
    await pass(1_000);
    expect(studio.models.store.getState().chosenId).toBe('trained-60');
    expect(notices()).toEqual(['“Second” can be asked now.']);
    studio.notices.store.getState().notices[0]?.action?.run();
    expect(studio.models.store.getState().chosenId).toBe('trained-40');
  });
});

describe('words and figures', () => {
  it('smoothing begins at the first value and leaves gaps', () => {
    expect(smooth([4, 4, 4], 0.9).map((value) => value?.toFixed(6))).toEqual([
      '4.000000',
      '4.000000',
      '4.000000',
    ]);
    expect(smooth([1, null, 3], 0.5)).toEqual([1, null, (0.5 * 0.5 + 0.5 * 3) / 0.75]);
    expect(smooth([1, 2], 0)).toEqual([1, 2]);
  });

  it('the best checkpoint is proposed while it is kept, else the last', () => {
    const checkpoints = [20, 40].map((step) => ({ step, evalLoss: null, bytes: 1 }));
    expect(usualCheckpoint({ best: { loss: 1, step: 20 }, checkpoints })).toBe(20);
    expect(usualCheckpoint({ best: { loss: 1, step: 10 }, checkpoints })).toBe(40);
    expect(usualCheckpoint({ best: null, checkpoints: [] })).toBeNull();
  });

  it('names are not given twice', () => {
    expect(nextName('Run', new Set())).toBe('Run');
    expect(nextName('Run', new Set(['Run', 'Run (2)']))).toBe('Run (3)');
    expect(nextName('Run (2)', new Set(['Run (2)']))).toBe('Run (3)');
  });

  it('runs are told apart by what differs', () => {
    const other = { ...sampleConfig, seed: 8, method: { kind: 'full' as const } };
    const labels = differingRows([sampleConfig, other]).map(({ label }) => label);
    expect(labels).toEqual(['Language model', 'Rank', 'Alpha', 'Layers with adapters', 'Seed']);
  });
});
