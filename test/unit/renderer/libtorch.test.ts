import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { libtorchJob } from '../../../renderer/stores/libtorch.ts';
import { createStudio, type Studio } from '../../../renderer/stores/studio.ts';
import { newScript, type Script } from './support/scripted-engine.ts';
import { scriptedHost } from './support/scripted-host.ts';
import { missingRuntime } from './support/scripted-libtorch.ts';

let script: Script;
let studio: Studio;
beforeEach(async () => {
  vi.useFakeTimers();
  script = newScript();
  script.training.runtime = missingRuntime;
  studio = createStudio(scriptedHost(script));
  studio.start();
  await pass(300);
  void studio.runs.look();
  await pass(10);
});
afterEach(() => {
  studio.dispose();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const runtime = () => studio.runs.store.getState().runtime.value;
const state = () => studio.libtorch.store.getState();
const job = () => libtorchJob(studio.jobs.store.getState().jobs);
const asked = (name: string) => script.manager.calls.filter((call) => call.name === name);

it('asks PyTorch’s server when a person wants to know, not before', async () => {
  await pass(5_000);
  expect(asked('training.libtorch.plan')).toEqual([]);
  void studio.libtorch.lookUp();
  await pass(10);
  expect(state().plan.value).toMatchObject({ version: '2.15.0', downloadBytes: 189_300_000 });
});

it('fetches, is ready without another look, and removes', async () => {
  void studio.libtorch.lookUp();
  await pass(10);
  void studio.libtorch.install();
  await pass(500);
  expect(job()).toMatchObject({ state: 'running' });
  expect(runtime()).toMatchObject({ state: 'downloading', jobId: job()?.id });
  await pass(3_000);
  expect(job()).toBeNull();
  expect(runtime()).toMatchObject({ state: 'ready', installed: { version: '2.15.0' } });
  expect(state().plan.value).toBeNull();
  void studio.libtorch.remove();
  await pass(50);
  expect(runtime()).toMatchObject({ state: 'missing', installed: null });
});

it('shows why there is no plan, and plans another build anew', async () => {
  const failure = { code: 'network', sentence: 'No way out.', remedy: 'Plug it in.' } as const;
  script.manager.failures.set('training.libtorch.plan', failure);
  void studio.libtorch.lookUp();
  await pass(10);
  expect(state().plan).toMatchObject({ value: null, failure: { kind: 'expected', ...failure } });
  script.manager.failures.clear();
  studio.libtorch.choose('cuda');
  expect(state().plan).toEqual({ value: null, loading: false, failure: null });
  void studio.libtorch.lookUp();
  await pass(10);
  expect(state().plan.value?.build).toBe('cuda');
});
