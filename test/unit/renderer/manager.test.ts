import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../../engine/contract/jobs.ts';
import { createStudio, type Studio } from '../../../renderer/stores/studio.ts';
import { fillManager, manyModels, mervFull } from './support/manager-content.ts';
import { newScript, type Script } from './support/scripted-engine.ts';
import { type ScriptedHost, scriptedHost } from './support/scripted-host.ts';
import { scriptedJob } from './support/scripted-jobs.ts';

let script: Script;
let host: ScriptedHost;
let studio: Studio;

beforeEach(async () => {
  vi.useFakeTimers();
  script = newScript();
  script.models = manyModels;
  fillManager(script.manager);
  script.manager.jobs = [];
  const plan = script.manager.plan;
  script.manager.plan = (source, choices) => ({ ...plan(source, choices), problems: [] });
  host = scriptedHost(script);
  studio = createStudio(host);
  studio.start();
  await pass(300);
});
afterEach(() => {
  studio.dispose();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const jobs = (): readonly Job[] => studio.jobs.store.getState().jobs;
const calls = (name: string) => script.manager.calls.filter((call) => call.name === name);
const notices = () => studio.notices.store.getState().notices.map((notice) => notice.text);
const screen = () => studio.navigation.store.getState().screen;

describe('installing', () => {
  it('plans, shows the job, and offers the model when it is there', async () => {
    studio.manager.install({ kind: 'catalogue', id: 'merv-full' }, 'MERV full');
    await pass(10);
    expect(studio.install.store.getState().plan.value?.parts.length).toBeGreaterThan(4);
    void studio.manager.startInstall();
    await pass(200);
    expect(screen()).toBe('downloads');
    expect(studio.install.store.getState().source).toBeNull();
    expect(jobs()[0]).toMatchObject({ kind: 'install', state: 'running' });
    studio.navigation.go('models');
    await pass(3_000);
    expect(jobs()[0]?.state).toBe('done');
    expect(studio.models.store.getState().models.map((model) => model.id)).toContain('merv-full-2');
    expect(notices()).toEqual(['Install MERV full: done.']);
    studio.notices.store.getState().notices[0]?.action?.run();
    expect(screen()).toBe('ask');
    expect(studio.models.store.getState().chosenId).toBe('merv-full-2');
  });

  it('plans again with each choice, of which the last one counts', async () => {
    studio.manager.install({ kind: 'catalogue', id: 'merv-full' }, 'MERV full');
    await pass(10);
    const small = studio.install.store.getState().plan.value!;
    const part = small.parts[2]!;
    void studio.install.choose(part, 'fp16');
    void studio.install.choose(part, 'fp32');
    await pass(10);
    const { choices, plan } = studio.install.store.getState();
    expect(choices).toEqual([{ role: part.role, id: part.id, precision: 'fp32' }]);
    expect(plan.value?.modelBytes).toBe(small.modelBytes + part.sizes[0]!.bytes * 3);
  });

  it('says why it cannot be planned or started, and keeps the sheet', async () => {
    const failure = { code: 'offline', sentence: 'Offline mode is on.', remedy: 'Go online.' } as const;
    script.manager.failures.set('hub.plan', failure);
    studio.manager.install({ kind: 'hub', repo: 'a/b', revision: null, path: null }, 'b');
    await pass(10);
    expect(studio.install.store.getState().plan.failure).toMatchObject({ sentence: 'Offline mode is on.' });
    script.manager.failures.clear();
    script.manager.failures.set('hub.install', { ...failure, sentence: 'The disk is full.' });
    void studio.install.plan();
    await pass(10);
    void studio.manager.startInstall();
    await pass(10);
    expect(studio.install.store.getState()).toMatchObject({
      source: { repo: 'a/b' },
      starting: false,
      failure: { sentence: 'The disk is full.' },
    });
    expect(screen()).toBe('ask');
  });

  it('from a dropped file asks the engine about that path', async () => {
    void studio.manager.installDropped(new File([], 'tiny.gguf'));
    await pass(10);
    expect(calls('hub.plan')[0]?.input).toMatchObject({
      source: { kind: 'local', path: '/media/tiny.gguf' },
    });
  });
});

describe('jobs', () => {
  it('pause, resume and cancel where they are told to', async () => {
    studio.manager.install({ kind: 'catalogue', id: 'merv-full' }, 'MERV full');
    await pass(10);
    void studio.manager.startInstall();
    await pass(300);
    const id = jobs()[0]!.id;
    void studio.jobs.pause(id);
    await pass(200);
    const { fraction } = jobs()[0]!;
    await pass(5_000);
    expect(jobs()[0]).toMatchObject({ state: 'paused', fraction });
    void studio.jobs.resume(id);
    await pass(300);
    expect(jobs()[0]?.fraction).toBeGreaterThan(fraction);
    void studio.jobs.cancel(id);
    await pass(200);
    expect(jobs()[0]?.state).toBe('cancelled');
    void studio.jobs.forgetEnded();
    await pass(300);
    expect(jobs()).toEqual([]);
  });

  it('are followed again after a crash of the engine', async () => {
    script.manager.jobs = [scriptedJob({ kind: 'install', title: 'Install X', modelId: 'x' })];
    await pass(300);
    host.crash(500);
    await pass(6_000);
    expect(notices()).toEqual([]);
    script.manager.jobs = script.manager.jobs.map((job) => ({ ...job, state: 'failed' as const }));
    await pass(300);
    expect(jobs()[0]?.state).toBe('failed');
    expect(notices()).toEqual(['Install X failed.']);
  });
});

describe('installed models', () => {
  it('are inspected, the last one opened winning', async () => {
    void studio.inspector.open('starter');
    void studio.inspector.open('merv-full');
    await pass(10);
    expect(studio.inspector.store.getState().detail.value?.summary.id).toBe('merv-full');
  });

  it('deleted are gone, with what became free; the one in use gives way to another', async () => {
    studio.models.choose('merv-full');
    void studio.inspector.open('merv-full');
    await pass(10);
    void studio.manager.remove('merv-full');
    await pass(50);
    expect(studio.inspector.store.getState().id).toBeNull();
    expect(studio.models.store.getState().chosenId).toBe('starter');
    expect(notices()[0]).toBe('Deleted “MERV full”. 4.3 GB are free again.');
  });

  it('that cannot be deleted stay, and say why', async () => {
    script.manager.failures.set('models.delete', { code: 'busy', sentence: 'It answers.', remedy: 'Wait.' });
    void studio.manager.remove('merv-full');
    await pass(50);
    expect(studio.models.store.getState().models).toHaveLength(manyModels.length);
    expect(notices()).toEqual(['It answers.']);
  });

  it('are verified; problems are sentences', async () => {
    script.manager.verify = ['model.onnx.data is not what was written.'];
    void studio.inspector.open('merv-full');
    void studio.inspector.verify();
    await pass(10);
    expect(studio.inspector.store.getState()).toMatchObject({
      tab: 'files',
      verification: { kind: 'running' },
    });
    await pass(1_000);
    expect(studio.inspector.store.getState().verification).toEqual({
      kind: 'done',
      problems: ['model.onnx.data is not what was written.'],
    });
  });

  it('show their tensors page by page and found by name, each page once', async () => {
    studio.tensors.show('merv-full');
    await pass(10);
    expect(studio.tensors.store.getState()).toMatchObject({ total: 3_000 });
    studio.tensors.want(390, 410);
    studio.tensors.want(395, 420);
    await pass(10);
    expect(studio.tensors.store.getState().rows.get(410)?.name).toContain('layers.45');
    expect(calls('models.tensors')).toHaveLength(3);
    for (const typed of ['l', 'layers.33', 'layers.333.']) studio.tensors.search(typed);
    await pass(200);
    expect(studio.tensors.store.getState().total).toBe(3);
    expect(calls('models.tensors')).toHaveLength(4);
  });

  it('keep the name that they are given', async () => {
    void studio.manager.rename('merv-full', '  Mine ');
    await pass(50);
    expect(studio.models.store.getState().models.find((model) => model.id === 'merv-full')?.name).toBe(
      'Mine',
    );
    expect(script.models.find((model) => model.id === 'merv-full')?.name).toBe('Mine');
  });
});

describe('Hugging Face', () => {
  it('is asked on Enter and not while typing', async () => {
    for (const typed of ['m', 'me', 'merv']) studio.hub.write(typed);
    await pass(2_000);
    expect(calls('hub.search')).toHaveLength(0);
    void studio.hub.search();
    await pass(10);
    expect(studio.hub.store.getState().results.value?.length).toBe(2);
    void studio.hub.open('tyleryzhu/merv');
    await pass(10);
    expect(studio.hub.store.getState().page.value?.installable).toHaveLength(2);
    studio.hub.leave();
    expect(studio.hub.store.getState()).toMatchObject({ asked: '', repo: null, results: { value: null } });
  });
});

describe('settings', () => {
  it('go back to what they were where the engine refuses them', async () => {
    script.manager.failures.set('settings.set', {
      code: 'disk_full',
      sentence: 'Full.',
      remedy: 'Make room.',
    });
    void studio.settings.change({ offline: true });
    expect(studio.settings.store.getState().settings?.offline).toBe(true);
    await pass(10);
    expect(studio.settings.store.getState()).toMatchObject({
      settings: { offline: false },
      failure: { sentence: 'Full.' },
    });
  });

  it('keep the token out of the window', async () => {
    void studio.settings.setToken('hf_secret');
    await pass(10);
    expect(studio.settings.store.getState().account?.token).toBe('entered');
    expect(JSON.stringify(studio.settings.store.getState())).not.toContain('hf_secret');
  });
});

describe('a comparison', () => {
  it('gives each model its answer, and one that fails does not stop the rest', async () => {
    studio.compare.pick(['merv-frozen', 'merv-full', 'starter', 'qwen2.5-32b', 'one too many']);
    expect(studio.compare.store.getState().modelIds).toHaveLength(4);
    studio.compare.write(' Who leaves? ');
    void studio.startCompare();
    await pass(3_000);
    const { columns, running } = studio.compare.store.getState();
    expect(running).toBe(false);
    expect(columns.map((column) => column.answer.state)).toEqual(['failed', 'done', 'done', 'done']);
    expect(columns[0]?.answer.failure).toMatchObject({ sentence: expect.stringContaining('lacks the file') });
    expect(columns[1]?.answer).toMatchObject({
      text: 'merv-full says: Who leaves?',
      stats: { finish: 'stop' },
    });
    expect(mervFull.problem).toBeNull();
  });

  it('stops where the user stops it', async () => {
    studio.compare.pick(['merv-full', 'starter']);
    studio.compare.write('Who?');
    void studio.startCompare();
    await pass(25);
    studio.compare.stop();
    await pass(50);
    const { columns, running, failure } = studio.compare.store.getState();
    expect(running).toBe(false);
    expect(failure).toBeNull();
    expect(columns.map((column) => column.answer.state)).toEqual(['stopped', 'stopped']);
  });
});
