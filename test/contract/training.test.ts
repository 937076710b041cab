import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { samplingSchema } from '../../engine/contract/sampling.ts';
import {
  type InstallEvent,
  type Run,
  type TrainConfig,
  trainConfigSchema,
} from '../../engine/contract/training.ts';
import { createLocalClient, type EngineClient } from '../../engine/doors/in-process.ts';
import { type RunningEngine, startEngine } from '../../engine/doors/start-engine.ts';
import { openFolders } from '../../engine/store/folders.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { type FakeHub, startFakeHub } from '../support/fake-hub/fake-hub.ts';
import { tinyMerv } from '../support/tiny-repos.ts';
import { describeTorch } from '../unit/native/addon.ts';
import { type BuiltScript, buildScript } from './support/child.ts';
import { type Media, makeMedia } from './support/media.ts';

const repos = (tinyMerv() ?? []).map((repo) => ({ ...repo, gated: false }));
const kills = Number(process.env.MERV_KILLS ?? 4);

let fake: FakeHub;
let home: string;
let media: Media;
let script: BuiltScript;
let engine: RunningEngine;
let client: EngineClient;
const environment = ['HF_ENDPOINT', 'HF_HOME', 'HF_TOKEN', 'MERV_TRAINER'] as const;
const before = environment.map((name) => process.env[name]);

async function open(): Promise<void> {
  engine = startEngine({
    folders: openFolders(home),
    keepHistory: true,
    runs: 'all',
    mayOpen: () => true,
  });
  client = createLocalClient(engine);
}

/** Trainers of its own processes, over a small model of the reference's form with four encoders. */
describeTorch('training', () => {
  beforeAll(async () => {
    media = makeMedia();
    home = mkdtempSync(join(tmpdir(), 'merv training '));
    fake = await startFakeHub({ repos });
    script = await buildScript(new URL('../../engine/doors/trainer.ts', import.meta.url));
    process.env.HF_ENDPOINT = fake.endpoint;
    process.env.HF_HOME = join(home, 'hf');
    process.env.HF_TOKEN = '';
    process.env.MERV_TRAINER = script.file;
    await open();
    const source = { kind: 'hub', repo: 'tyleryzhu/merv', revision: null, path: 'merv-tiny' } as const;
    const plan = await client.hub.plan({ source, choices: [] });
    const choices = plan.parts.flatMap(({ role, id, sizes }) =>
      sizes.some(({ precision }) => precision === 'fp32') ? [{ role, id, precision: 'fp32' as const }] : [],
    );
    await client.hub.install({ source, choices });
    for await (const jobs of await client.jobs.watch()) {
      if (jobs.some(({ state }) => state === 'failed')) throw new Error(JSON.stringify(jobs));
      if (jobs.every(({ state }) => state === 'done')) break;
    }
  }, 120_000);
  afterAll(async () => {
    await engine.close();
    await fake.close();
    script.remove();
    media.remove();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    for (const [at, name] of environment.entries()) {
      if (before[at] === undefined) delete process.env[name];
      else process.env[name] = before[at];
    }
  });

  async function done({ id }: { readonly id: string }): Promise<void> {
    for await (const jobs of await client.jobs.watch()) {
      const job = jobs.find((each) => each.id === id);
      if (job?.state === 'failed') throw new Error(JSON.stringify(job));
      if (job?.state === 'done') return;
    }
  }

  const row = (id: string, video: string | null, question: string, answer: string) => ({
    id,
    ...(video === null ? {} : { video }),
    conversations: [
      { from: 'human', value: video === null ? question : `<video>\n${question}` },
      { from: 'gpt', value: answer },
    ],
  });
  const rows = Array.from({ length: 10 }, (_, i) =>
    i % 4 === 3
      ? row(`text-${i}`, null, `What is ${i}?`, `It is number ${i}.`)
      : { ...row(`clip-${i}`, 'clip one.mp4', 'What is it?', `A test ${i}.`), clip: [0, 1 + i / 10] },
  );
  const dataFile = (name: string, content: unknown): TrainConfig['data'] => {
    const file = join(media.folder, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return { file, media: media.folder };
  };
  const configOf = async (change: Partial<TrainConfig> = {}): Promise<TrainConfig> => {
    const [model] = await client.models.list();
    return trainConfigSchema.parse({
      name: 'Tiny',
      modelId: model!.id,
      data: dataFile('data.json', rows),
      recipe: 'finetune',
      maxSteps: 40,
      epochs: 100,
      batch: 2,
      learningRate: 5e-3,
      evaluation: { fraction: 0.2, probes: 1 },
      checkpoints: { everySteps: 9, keepLast: 2, keepBest: true },
      ...change,
    });
  };

  async function runs(): Promise<readonly Run[]> {
    for await (const all of await client.training.watch()) return all;
    return [];
  }
  async function reaches(id: string, states: readonly Run['state'][], step = 0): Promise<Run> {
    for (;;) {
      const run = (await runs()).find((each) => each.id === id);
      if (run && states.includes(run.state) && run.step >= step) return run;
      if (run?.state === 'failed') throw new Error(JSON.stringify(run.error));
      await pause(50);
    }
  }
  async function trained(config: TrainConfig): Promise<Run> {
    const { id } = await client.training.start({ config });
    return reaches(id, ['done']);
  }
  const curve = async (id: string) =>
    (await client.training.metrics({ id, from: 0 })).map(({ step, loss, gradNorm, evalLoss }) => ({
      step,
      loss,
      gradNorm,
      evalLoss,
    }));
  async function weightsOf({ folder, checkpoints }: Run): Promise<ReadonlyMap<string, Float32Array>> {
    const name = `step-${String(checkpoints.at(-1)!.step).padStart(6, '0')}`;
    const source = await openTensors(join(folder, 'checkpoints', name, 'model.safetensors'));
    const all = new Map<string, Float32Array>();
    for (const tensor of source.tensors.keys()) all.set(tensor, await source.read(tensor));
    await source.close();
    return all;
  }
  const pidOf = (run: Pick<Run, 'folder'>) =>
    (JSON.parse(readFileSync(join(run.folder, 'state.json'), 'utf8')) as { pid: number | null }).pid;

  const names = (folder: string): readonly string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  const text = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  /** The process that works on this folder. */
  const trainerOf = (folder: string): number =>
    Number(names('/proc').find((pid) => /^\d+$/.test(pid) && text(`/proc/${pid}/cmdline`).includes(folder)));

  let straight: Run;

  it('finds the training engine', async () => {
    expect(await client.training.runtime()).toMatchObject({ state: 'ready', remedy: null });
  });

  it('runs the largest batch once, and says what it takes and what the model sees', async () => {
    const config = await configOf();
    const said: string[] = [];
    for await (const event of await client.training.preflight({ config })) {
      if (event.kind === 'progress') said.push(event.detail);
      else if (event.kind === 'done') {
        const { preflight } = event;
        expect(preflight.data).toMatchObject({ examples: 10, withVideo: 8, textOnly: 2, problemCount: 0 });
        expect(preflight.steps).toBe(40);
        expect(preflight.trainableParameters).toBeGreaterThan(1000);
        expect(preflight.trainableParameters).toBeLessThan(preflight.totalParameters);
        expect(preflight.secondsPerStep).toBeGreaterThan(0);
        expect(preflight.memoryBytes).toBeGreaterThan(50e6);
        expect(preflight.problems).toEqual([]);
        const [first] = preflight.firstBatch;
        expect(first!.frames.map(({ encoder }) => encoder).length).toBe(4);
        expect(first!.visualTokens).toBeGreaterThan(0);
        const shown = new Set(first!.frames.flatMap(({ frames }) => frames.map(({ index }) => index)));
        expect(first!.pictures.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
          [...shown].sort((a, b) => a - b),
        );
        expect(first!.pictures[0]!.dataUrl).toMatch(/^data:image\/jpeg;base64,/);
        // As the reference lays it out: BOS, the video, the question, what is to be learned with its end.
        expect(first!.pieces.map(({ kind }) => kind)).toEqual(['given', 'video', 'given', 'learned']);
        expect(first!.pieces[0]!.text).toBe('<s>');
        expect(first!.pieces[3]!.text).toMatch(/^\s?A test \d\.<\/s>$/);
      }
    }
    expect(said.length).toBeGreaterThan(0);
    expect(await runs()).toEqual([]);
  });

  it('says what would take less memory where the system ends the measurement', {
    timeout: 150_000,
  }, async () => {
    const config = await configOf({ method: { kind: 'full' }, batch: 4, microBatch: 4 });
    const ended = new AbortController();
    const killed = (async () => {
      while (!ended.signal.aborted) {
        await pause(2);
        const folder = names(join(home, 'runs')).find((name) => name.startsWith('.preflight-'));
        if (folder === undefined) continue;
        const said = text(join(home, 'runs', folder, 'preflight.json'));
        // As a system without memory does it: no last word.
        if (said.includes('savesBytes')) return process.kill(trainerOf(folder), 'SIGKILL');
      }
      return false;
    })();
    const events = [];
    for await (const event of await client.training.preflight({ config })) events.push(event);
    ended.abort();
    expect(await killed).toBe(true);
    const last = events.at(-1);
    expect(last).toMatchObject({ kind: 'too_large', error: { code: 'out_of_memory' } });
    const changes = last?.kind === 'too_large' ? last.savings : [];
    expect(changes.map(({ change }) => change)).toContainEqual({ microBatch: 1 });
    expect(changes.map(({ savesBytes }) => savesBytes).every((bytes) => bytes > 0)).toBe(true);
  });

  it('leaves a bad video of the first batch out of it, and says so', { timeout: 150_000 }, async () => {
    const data = dataFile('bad.json', [row('notes', 'notes.mp4', 'What?', 'That.'), ...rows.slice(0, 5)]);
    const config = await configOf({ data, batch: 6, evaluation: { fraction: 0, probes: 0 } });
    for await (const event of await client.training.preflight({ config })) {
      if (event.kind !== 'done') continue;
      const { firstBatch, data: report } = event.preflight;
      expect(firstBatch.map(({ id }) => id)).not.toContain('notes');
      expect(report).toMatchObject({ examples: 5, problemCount: 1 });
      expect(report.problems[0]!.sentence).toMatch(/^Row 1: /);
    }
  });

  it('the measurement reckons with as many steps as the run then has', { timeout: 150_000 }, async () => {
    // A quarter of ten examples is no whole number.
    const config = await configOf({
      maxSteps: null,
      epochs: 1,
      batch: 1,
      evaluation: { fraction: 0.25, probes: 0 },
    });
    let reckoned: number | null = null;
    for await (const event of await client.training.preflight({ config })) {
      if (event.kind === 'done') reckoned = event.preflight.steps;
    }
    const run = await trained(config);
    expect(reckoned).toBe(run.steps);
    await client.training.delete({ id: run.id });
  });

  it('trains to the end: every step, losses on what was kept out, answers, checkpoints', {
    timeout: 90_000,
  }, async () => {
    straight = await trained(await configOf());
    expect(straight).toMatchObject({ step: 40, steps: 40, error: null, notes: [] });
    const steps = await curve(straight.id);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss);
    // How much the fusion took of each of the four encoders: shares, which learning moves.
    const mixing = (await client.training.metrics({ id: straight.id, from: 0 })).flatMap(
      (step) => step.mixing ?? [],
    );
    expect(mixing.length).toBeGreaterThanOrEqual(4);
    expect(mixing.slice(0, 4).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(mixing.slice(-4)).not.toEqual(mixing.slice(0, 4));
    expect(steps.filter(({ evalLoss }) => evalLoss !== null).map(({ step }) => step)).toEqual([
      9, 18, 27, 36, 40,
    ]);
    expect(straight.checkpoints.slice(-2).map(({ step }) => step)).toEqual([36, 40]);
    const samples = await client.training.samples({ id: straight.id });
    expect(samples.map(({ step }) => step)).toEqual([0, 9, 18, 27, 36, 40]);
    expect(new Set(samples.map(({ example }) => example)).size).toBe(1);
  });

  it('a run whose original weights have to be fetched says how far that is, can be paused and goes on', {
    timeout: 180_000,
  }, async () => {
    rmSync(join(home, 'hf'), { recursive: true, force: true });
    // As slowly as a large model comes.
    fake.fail({ server: 'cdn', what: { kind: 'slow', bytesPerSecond: 600_000 } });
    const { id } = await client.training.start({ config: await configOf({ maxSteps: 2 }) });
    for (;;) {
      const { detail, prepared } = await reaches(id, ['preparing']);
      if (/^Fetching the original weights: \d/.test(detail)) {
        expect(prepared).toBeLessThan(1);
        break;
      }
      await pause(50);
    }
    await client.training.pause({ id });
    expect((await reaches(id, ['paused'])).prepared).toBeNull();
    fake.fail();
    await client.training.resume({ id });
    expect(await reaches(id, ['done'])).toMatchObject({ step: 2, notes: [] });
    await client.training.delete({ id });
  });

  it('killed at any moment, it is shown as interrupted and goes on to the same curve', {
    timeout: 400_000,
  }, async () => {
    const { id } = await client.training.start({ config: await configOf() });
    const folder = join(home, 'runs', id);
    const lines = () => {
      try {
        return readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n').length - 1;
      } catch {
        return 0;
      }
    };
    let killed = 0;
    for (let attempt = 0; attempt < kills; attempt++) {
      // While it prepares, in the middle of a step, while a checkpoint is written: wherever that finds it.
      const until = Date.now() + (attempt % 4 === 3 ? 200 + 300 * (attempt % 5) : 60_000);
      const wanted = 1 + Math.floor((attempt * 38) / kills);
      while (lines() < wanted && Date.now() < until) await pause(2);
      await pause((attempt * 7) % 30);
      const pid = pidOf({ folder });
      if (pid === null) break;
      // People's questions and windows go before it.
      if (attempt === 0) expect(getPriority(pid)).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      const left = await reaches(id, ['paused', 'done']);
      if (left.state === 'done') break;
      killed++;
      expect(left.notes.at(-1)).toMatch(/ended without a word/);
      expect(left).toMatchObject({ state: 'paused', error: { code: 'engine_stopped' } });
      await client.training.resume({ id });
    }
    expect(killed).toBeGreaterThan(0);
    const done = await reaches(id, ['done']);
    expect(done.error).toBeNull();
    expect(await curve(id)).toEqual(await curve(straight.id));
    expect(await weightsOf(done)).toEqual(await weightsOf(straight));
    await client.training.delete({ id });
    expect((await runs()).map((each) => each.id)).toEqual([straight.id]);
  });

  it('stopped for good after it was killed, it is done, and nothing is wrong with it', {
    timeout: 60_000,
  }, async () => {
    const { id } = await client.training.start({ config: await configOf({ maxSteps: 400 }) });
    const running = await reaches(id, ['running']);
    process.kill(pidOf(running)!, 'SIGKILL');
    await reaches(id, ['paused']);
    await client.training.stop({ id });
    expect(await reaches(id, ['done'])).toMatchObject({ error: null });
    await client.training.delete({ id });
  });

  it('goes on without the engine; another one finds it, pauses it, and it resumes to the same curve', {
    timeout: 120_000,
  }, async () => {
    const { id } = await client.training.start({ config: await configOf() });
    await reaches(id, ['running', 'done']);
    await engine.close();
    await open();
    await client.training.pause({ id });
    const paused = await reaches(id, ['paused', 'done']);
    expect(pidOf(paused)).toBeNull();
    // What it was made of may go meanwhile; of a damaged feature there is the video.
    writeFileSync(paused.config.data.file, 'gone');
    const features = join(home, 'cache', 'training');
    const [damaged] = readdirSync(features);
    writeFileSync(join(features, damaged!), Buffer.alloc(statSync(join(features, damaged!)).size));
    await client.training.resume({ id });
    const done = await reaches(id, ['done']);
    expect(done.error).toBeNull();
    expect(await curve(id)).toEqual(await curve(straight.id));
    expect(await weightsOf(done)).toEqual(await weightsOf(straight));
  });

  it('says which features are damaged where their video is gone', { timeout: 150_000 }, async () => {
    const copy = join(media.folder, 'copy.mp4');
    await copyFile(media.shorter, copy);
    const data = dataFile('copy.json', [row('copy', 'copy.mp4', 'What?', 'That.'), ...rows]);
    const { id } = await client.training.start({ config: await configOf({ data, maxSteps: 400 }) });
    await reaches(id, ['running']);
    await client.training.pause({ id });
    await reaches(id, ['paused']);
    rmSync(copy);
    rmSync(join(home, 'cache', 'training'), { recursive: true });
    await client.training.resume({ id });
    const failed = await reaches(id, ['failed']);
    expect(failed.error!.sentence).toContain('copy.mp4');
    await client.training.delete({ id });
  });

  it('leaves out rows that cannot be used, and names them', { timeout: 150_000 }, async () => {
    const data = dataFile('odd.json', [
      ...rows.slice(0, 5),
      { id: 'no turns' },
      row('missing', 'nowhere.mp4', 'What?', 'That.'),
      row('text', 'notes.mp4', 'What?', 'That.'),
      row('outside', '../other.mp4', 'What?', 'That.'),
      { ...row('late', 'clip one.mp4', 'What?', 'That.'), clip: [50, 60] },
    ]);
    expect(await client.training.inspectData(data)).toMatchObject({ examples: 7, problemCount: 3 });
    const run = await trained(await configOf({ data, maxSteps: 2 }));
    expect(run.notes[0]).toBe('Left out: 5 of 10 rows.');
    for (const part of [/Row 6/, /nowhere\.mp4/, /notes\.mp4/, /outside/, /clip/]) {
      expect(
        run.notes.slice(1).some((note) => part.test(note)),
        String(part),
      ).toBe(true);
    }
    for (const content of ['no JSON', '{}', '[]', [{ id: 'bad' }]]) {
      const { id } = await client.training.start({
        config: await configOf({ data: dataFile('none.json', content) }),
      });
      const failed = await reaches(id, ['failed']);
      expect(failed.error!.sentence).toContain('none.json');
      await client.training.delete({ id });
    }
  });

  it('stops where the loss is no number, names the batch and keeps the last checkpoint', {
    timeout: 150_000,
  }, async () => {
    const config = await configOf({
      learningRate: 1e30,
      warmupRatio: 0,
      checkpoints: { everySteps: 1, keepLast: 2, keepBest: false },
      data: dataFile('data.json', rows),
    });
    const { id } = await client.training.start({ config });
    const failed = await reaches(id, ['failed']);
    expect(failed.error).toMatchObject({ code: 'training_diverged' });
    expect(failed.error!.sentence).toMatch(/(clip|text)-\d \(row \d+\)/);
    expect(failed.checkpoints.length).toBeGreaterThan(0);
    await client.training.delete({ id });
  });

  /** The runs' folder is on a disk of its own meanwhile, of which `fill` leaves not a byte until what it returns is called. */
  async function onSmallDisk(
    context: TestContext,
    work: (fill: () => () => void) => Promise<void>,
  ): Promise<void> {
    const place = join(home, 'runs');
    mkdirSync(place, { recursive: true });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', place]);
    if (mounted.status !== 0) context.skip('this user may not mount a small disk');
    const ballast = join(place, '.ballast');
    const add = (bytes: number) => {
      try {
        for (;;) appendFileSync(ballast, Buffer.alloc(bytes));
      } catch {
        if (bytes > 1) add(Math.floor(bytes / 16));
      }
    };
    try {
      await work(() => {
        add(2 ** 20);
        return () => rmSync(ballast);
      });
    } finally {
      spawnSync('umount', ['--lazy', place]);
    }
  }

  it(
    'says that the disk is full, also when not a byte is left, and goes on once there is room',
    {
      timeout: 150_000,
    },
    (context) =>
      onSmallDisk(context, async (fill) => {
        const { id } = await client.training.start({
          config: await configOf({ maxSteps: 400, data: dataFile('data.json', rows) }),
        });
        await reaches(id, ['running'], 10);
        const free = fill();
        const failed = await reaches(id, ['failed']);
        expect(failed.error).toMatchObject({ code: 'disk_full', remedy: expect.stringMatching(/space/) });
        const step = failed.checkpoints.at(-1)!.step;
        expect(step % 9).toBe(0);
        free();
        await client.training.resume({ id });
        await reaches(id, ['running'], step + 1);
        await client.training.delete({ id });
      }),
  );

  it('shows a run whose trainer could not even say that the disk is full', { timeout: 150_000 }, (context) =>
    onSmallDisk(context, async (fill) => {
      const { id } = await client.training.start({
        config: await configOf({ maxSteps: 400, data: dataFile('data.json', rows) }),
      });
      const running = await reaches(id, ['running'], 10);
      process.kill(pidOf(running)!, 'SIGKILL');
      const free = fill();
      const failed = await reaches(id, ['failed']);
      expect(failed.error).toMatchObject({ code: 'disk_full' });
      expect(failed.checkpoints.length).toBeGreaterThan(0);
      for (const call of [client.training.resume({ id }), client.training.stop({ id })])
        await expect(call).rejects.toMatchObject({ data: { code: 'disk_full' } });
      free();
      await client.training.resume({ id });
      await reaches(id, ['running'], failed.checkpoints.at(-1)!.step + 1);
      await client.training.delete({ id });
    }),
  );

  it('one computes at a time, the next waits, and both end, without a video that goes meanwhile', {
    timeout: 90_000,
  }, async () => {
    const config = await configOf({ maxSteps: 3, data: dataFile('data.json', rows) });
    const gone = join(media.folder, 'gone.mp4');
    await copyFile(media.shorter, gone);
    const data = dataFile('gone.json', [row('gone', 'gone.mp4', 'What?', 'That.'), ...rows]);
    const [first, second] = [
      await client.training.start({ config }),
      await client.training.start({ config: { ...config, data } }),
    ];
    rmSync(gone);
    // Weights are fetched for several at once.
    const computes = ({ state, detail }: { readonly state: string; readonly detail: string }) =>
      state === 'running' ||
      (state === 'preparing' && !/^(Looking for|Fetching) the original weights/.test(detail));
    const atOnce: number[] = [];
    for await (const all of await client.training.watch()) {
      const mine = all.filter(({ id }) => id === first.id || id === second.id);
      atOnce.push(mine.filter(computes).length);
      if (mine.every(({ state }) => state === 'done')) break;
    }
    expect(Math.max(...atOnce)).toBe(1);
    const { notes } = (await runs()).find(({ id }) => id === second.id)!;
    expect(notes).toEqual(['Left out: 1 of 11 rows.', `Row 1: there is no file ${gone}.`]);
  });

  it.each([
    { recipe: 'align' },
    { recipe: 'full-align', method: { kind: 'full' }, checkpointing: true },
    { recipe: 'finetune', packing: true, precision: 'bf16', batch: 4, microBatch: 4 },
  ] as const)('trains by $recipe: %o', { timeout: 150_000 }, async (change) => {
    await copyFile(new URL('../fixtures/merv-tiny/still.jpg', import.meta.url), join(media.folder, 'a.jpg'));
    const picture = { ...row('picture', null, '<image>\nWhat?', 'A picture.'), image: 'a.jpg' };
    const data = dataFile('mixed.json', [picture, ...rows]);
    const run = await trained(await configOf({ ...change, data, maxSteps: 2 }));
    const names = [...(await weightsOf(run)).keys()];
    expect(names.some((name) => name.startsWith('llm_backbone.'))).toBe(change.recipe !== 'align');
    expect(names.some((name) => name.startsWith('projectors.3.'))).toBe(true);
    expect(names.some((name) => name.startsWith('feature_fusion.'))).toBe(true);
    expect(run.notes).toEqual([]);
  });

  const shortly = samplingSchema.parse({ maxTokens: 32 });

  /** What a model answers to the run's probe. */
  async function probed(modelId: string, step: number, conversationId: string | null = null) {
    const sample = (await client.training.samples({ id: straight.id })).find((each) => each.step === step)!;
    const kept = rows.find(({ id }) => id === sample.example)!;
    const video = await client.video.open({ path: sample.media! });
    const about = {
      videoId: video.id,
      clip: 'clip' in kept ? { from: kept.clip[0]!, to: kept.clip[1]! } : null,
      question: sample.question,
    };
    let answer = '';
    let conversation = '';
    const events = await client.ask.send({
      ...about,
      modelId,
      conversationId,
      system: null,
      sampling: shortly,
    });
    for await (const event of events) {
      if (event.type === 'started') conversation = event.conversationId ?? '';
      if (event.type === 'done') answer = event.text;
    }
    return { answer: answer.trim(), conversation, wanted: sample.answer, about };
  }

  /** What each of several models answers when they are compared. */
  async function answersOf(modelIds: string[], { about }: Awaited<ReturnType<typeof probed>>) {
    const answers = new Map<string, string>();
    for await (const each of await client.models.compare({ ...about, modelIds, sampling: shortly })) {
      if (each.type === 'answer' && each.event.type === 'done')
        answers.set(each.modelId, each.event.text.trim());
    }
    return answers;
  }
  /** Roles of the parts that it does not share with the base, and the bytes of those. */
  async function ownParts(modelId: string) {
    const [base, made] = await Promise.all(
      [straight.config.modelId, modelId].map((id) => client.models.inspect({ id })),
    );
    const shared = new Set(base!.summary.parts.map(({ key }) => key));
    const own = made!.summary.parts.filter(({ key }) => !shared.has(key));
    return {
      summary: made!.summary,
      roles: own.map(({ role }) => role),
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** The model's id; all that was said on the way is added to `told`. */
  async function installed(
    request: Parameters<EngineClient['training']['install']>[0],
    told: InstallEvent[] = [],
  ): Promise<string> {
    for await (const event of await client.training.install(request)) {
      told.push(event);
      if (event.kind === 'done') return event.modelId;
    }
    throw new Error('it ended without a word');
  }

  it('becomes a model whose adapter is kept apart, switchable in the middle of a conversation', {
    timeout: 120_000,
  }, async () => {
    const step = straight.checkpoints.at(-1)!.step;
    const base = straight.config.modelId;
    const forms = await client.training.installForms({ id: straight.id, step });
    expect(forms.map(({ form }) => form)).toEqual(['adapter', 'merged']);
    const modelId = await installed({ id: straight.id, step, name: 'Tiny, beside' });
    const { summary, roles, bytes } = await ownParts(modelId);
    expect(summary).toMatchObject({ adapterOf: base, problem: null });
    expect(roles).toEqual(['visual', 'adapter']);
    const [apart, merged] = forms.map((form) => form.bytes);
    expect(bytes).toBeLessThan(apart! * 1.1);
    expect(apart).toBeLessThan(merged! / 2);

    const plain = await probed(base, step);
    expect(plain.answer).not.toBe(plain.wanted);
    const first = await probed(modelId, step);
    expect(first.answer).toBe(first.wanted);
    // The same conversation, by the other model, and back.
    const other = await probed(base, step, first.conversation);
    const back = await probed(modelId, step, first.conversation);
    expect(other.conversation).toBe(first.conversation);
    expect(back.answer).not.toBe(other.answer);
    expect((await probed(base, step)).answer).toBe(plain.answer);
    expect((await probed(modelId, step)).answer).toBe(first.answer);
    // Side by side, each as by itself.
    const compared = await answersOf([modelId, base], first);
    expect(compared).toEqual(
      new Map([
        [modelId, first.answer],
        [base, plain.answer],
      ]),
    );

    // Damaged, it is made again of its run.
    const { key } = summary.parts.find(({ role }) => role === 'adapter')!;
    writeFileSync(join(home, 'models', 'parts', key, 'adapted.onnx'), 'cut off');
    await expect(done(await client.models.repair({ id: modelId }))).rejects.toThrow(
      /trained on this machine/,
    );
    await installed({ id: straight.id, step, name: 'Tiny, beside' });
    expect((await probed(modelId, step)).answer).toBe(first.answer);

    // Its weights go with it, and nothing else.
    const file = join(home, 'beside.mervmodel');
    await done(await client.models.export({ id: modelId, path: file }));
    await client.models.delete({ id: modelId });
    expect((await probed(base, step)).answer).toBe(plain.answer);
    await done(await client.hub.install({ source: { kind: 'local', path: file }, choices: [] }));
    expect((await probed(modelId, step)).answer).toBe(first.answer);
  });

  it('becomes a model of its own that answers as the run did and can be trained further', {
    timeout: 120_000,
  }, async () => {
    const step = straight.checkpoints.at(-1)!.step;
    const from = { id: straight.id, step, name: 'Tiny, trained' };
    const told: InstallEvent[] = [];
    const modelId = await installed({ ...from, form: 'merged' }, told);
    expect(told.at(-1)).toEqual({ kind: 'done', modelId });
    const parts = told.flatMap((event) => (event.kind === 'progress' ? [event.part] : []));
    expect(parts.length).toBeGreaterThan(0);
    expect(Math.max(...parts)).toBeLessThanOrEqual(1);
    expect(modelId).toBe('tiny-trained');
    const { summary, roles } = await ownParts(modelId);
    expect(summary.adapterOf).toBeNull();
    expect(roles).toEqual(['visual', 'languageModel']);
    const { answer, wanted } = await probed(modelId, step);
    expect(answer).toBe(wanted);

    const further = await trained(
      await configOf({ modelId, recipe: 'second-finetune', maxSteps: 2, data: dataFile('data.json', rows) }),
    );
    const [first] = await curve(further.id);
    expect(first!.loss).toBeLessThan((await curve(straight.id))[0]!.loss);
  });

  it('exports what the reference and Hugging Face’s tools open, which gives the same model here', {
    timeout: 150_000,
  }, async () => {
    const step = straight.checkpoints.at(-1)!.step;
    const [merv, hf] = ['exported merv', 'exported hf'].map((name) => join(home, name));
    await client.training.export({ id: straight.id, step, format: 'merv', path: merv! });
    await client.training.export({ id: straight.id, step, format: 'hf', path: hf! });
    const weights = await weightsOf(straight);
    const checkpoint = await openTensors(join(merv!, 'checkpoints', 'latest-checkpoint.pt'));
    const projector = [...weights.keys()].find((name) => name.startsWith('projectors.0.'))!;
    expect(await checkpoint.read(`model.${projector}`)).toEqual(weights.get(projector));
    const folder = await openTensors(hf!);
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const [one, other] = [await checkpoint.read(`model.llm_backbone.llm.${name}`), await folder.read(name)];
    expect(one).toEqual(other);
    await checkpoint.close();
    await folder.close();
    for (const [path, kind] of [
      [merv!, 'merv'],
      [hf!, 'language-model'],
    ] as const) {
      const plan = await client.hub.plan({ source: { kind: 'local', path }, choices: [] });
      expect(plan).toMatchObject({ kind, problems: [] });
    }
  });

  it('gives the adapter to PEFT', async () => {
    const step = straight.checkpoints.at(-1)!.step;
    const path = join(home, 'adapter');
    await client.training.export({ id: straight.id, step, format: 'peft', path });
    const config = JSON.parse(readFileSync(join(path, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ peft_type: 'LORA', r: 8, lora_alpha: 16 });
    const source = await openTensors(join(path, 'adapter_model.safetensors'));
    expect([...source.tensors.keys()]).toContain(
      'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight',
    );
    await source.close();
    const again = client.training.export({ id: straight.id, step, format: 'peft', path });
    await expect(again).rejects.toMatchObject({ data: { code: 'not_allowed' } });
  });
});
