import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AdapterScale } from '../../../engine/models/overlay.ts';
import type { Torch } from '../../../engine/native/torch.ts';
import { trainedParts } from '../../../engine/runs/trained-weights.ts';
import { AdamW } from '../../../engine/training/adam-w.ts';
import { addAdapters, writeAdapter } from '../../../engine/training/adapters.ts';
import { chunkedLoss } from '../../../engine/training/chunked-loss.ts';
import { ignored } from '../../../engine/training/example.ts';
import { huggingFaceWeights, mervCheckpoint } from '../../../engine/training/export.ts';
import { fuseBatch, packed } from '../../../engine/training/fused-batch.ts';
import { generate } from '../../../engine/training/generate.ts';
import {
  type TrainingData,
  type TrainingOutcome,
  type TrainingPlan,
  train,
} from '../../../engine/training/train.ts';
import { trainStep } from '../../../engine/training/train-step.ts';
import type { TrainingModel } from '../../../engine/training/training-model.ts';
import { writeFolder } from '../../../engine/training/write-folder.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import { addonFile, describeTorch } from '../native/addon.ts';
import { tinyData, tinyModel, tinyPlan } from './tiny-run.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-training-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

interface Curve {
  readonly losses: readonly number[];
  readonly outcome: TrainingOutcome;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Runs or resumes; pauses after the step of that number. */
async function run(
  torch: Torch,
  folder: string,
  options: { plan?: TrainingPlan; pauseAfter?: number; model?: TrainingModel; data?: TrainingData } = {},
): Promise<Curve> {
  const {
    plan = tinyPlan,
    pauseAfter = Number.POSITIVE_INFINITY,
    model = tinyModel(torch),
    data = tinyData(),
  } = options;
  const losses: number[] = [];
  try {
    const outcome = await train({
      model,
      plan,
      data,
      folder,
      wants: (step) => (step >= pauseAfter ? 'pause' : 'go on'),
      onStep: (record) => {
        losses.push(record.loss);
      },
    });
    const names = model.parameters.trainable();
    const weights = new Map(names.map((name) => [name, torch.read(model.parameters.get(name))]));
    return { losses, outcome, weights };
  } finally {
    model.parameters.release();
  }
}

/** The language model as an installed or exported one gets it: what a checkpoint holds over the weights it began with. */
function merge(torch: Torch, { spec, parameters }: TrainingModel, adapter: AdapterScale) {
  const began = tinyModel(torch).parameters.within('llm_backbone.llm.');
  const all = parameters.within('');
  const learned = new Set(parameters.trainable());
  const trained = { ...all, tensors: new Map([...all.tensors].filter(([name]) => learned.has(name))) };
  const parts = { config: spec.languageModel, languageModel: began, visual: null };
  return trainedParts(parts, trained, adapter).languageModel;
}

/** A disk of its own for a test, where the system lets everybody have one. */
const ownMountsOptions = ['--user', '--map-root-user', '--mount'];
const ownMounts = spawnSync('unshare', [...ownMountsOptions, 'true']).status === 0;

const recordsOf = async (folder: string) =>
  (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);

describeTorch('training runs', (torch) => {
  it('learns, reports every step and keeps the last checkpoints', async () => {
    const folder = join(scratch, 'whole');
    const live = torch.live();
    const plan = { ...tinyPlan, steps: 40 };
    const { losses, outcome } = await run(torch, folder, { plan });
    expect(torch.live()).toBe(live);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.7);
    expect(outcome).toMatchObject({ kind: 'finished', step: 40 });
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual(['step-000039', 'step-000040']);
    const records = await recordsOf(folder);
    expect(records.map((record) => record.loss)).toEqual(losses);
    expect(records[1]).toMatchObject({
      step: 2,
      lr: 1e-3,
      'Finetune/Step': 2,
      'Finetune/Learning Rate': 2e-3,
    });
    expect(records[2]!['Finetune/Loss']).toBeCloseTo((losses[0]! + losses[1]! + losses[2]!) / 3, 12);
    const optimizer = await openTensors(join(folder, 'checkpoints', 'step-000040', 'optimizer.safetensors'));
    expect([...(await optimizer.read('llm_backbone.llm.lm_head.weight.step'))]).toEqual([40]);
    await optimizer.close();
  });

  it.each([{ lora: false }, { lora: true }, { bfloat16: true }])(
    'paused and resumed, it goes the way of a run that was not: %o',
    async (how) => {
      const whole = await run(torch, join(scratch, `straight ${JSON.stringify(how)}`), {
        model: tinyModel(torch, how),
      });
      const folder = join(scratch, `paused ${JSON.stringify(how)}`);
      const first = await run(torch, folder, { pauseAfter: 4, model: tinyModel(torch, how) });
      expect(first.outcome).toMatchObject({ kind: 'paused', step: 4 });
      const second = await run(torch, folder, { model: tinyModel(torch, how) });
      expect([...first.losses, ...second.losses]).toEqual(whole.losses);
      expect(second.weights).toEqual(whole.weights);
    },
  );

  it('killed at any moment, it resumes to the same curve', { timeout: 120_000 }, async () => {
    const steps = 30;
    const child = (folder: string) => {
      const script = fileURLToPath(new URL('train-child.ts', import.meta.url));
      return spawn(process.execPath, ['--import', 'tsx', script, folder, String(steps)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, MERV_NATIVE: addonFile },
      });
    };
    const straight = await run(torch, join(scratch, 'straight'), { plan: { ...tinyPlan, steps } });
    const folder = join(scratch, 'killed');
    for (let attempt = 0; ; attempt++) {
      const running = child(folder);
      // The program's start takes most of its life: it is killed so long after its first step.
      const moment = (attempt * 37) % 90;
      running.stdout.once('data', () => {
        if (attempt < 4) setTimeout(() => running.kill('SIGKILL'), moment);
      });
      running.stdout.resume();
      const code = await new Promise((resolve) => running.on('close', resolve));
      if (code === 0) break;
      expect(attempt).toBeLessThan(5);
    }
    const records = await recordsOf(folder);
    expect(records.map((record) => record.step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(records.map((record) => record.loss)).toEqual(straight.losses);
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual(['step-000027', 'step-000030']);
  });

  it('removes half-written checkpoints of trainers that were killed, and no others', async () => {
    const folder = join(scratch, 'leftovers');
    const { pid: ended } = spawnSync(process.execPath, ['--version']);
    const partial = (pid: number) => `step-000001.${pid}.partial`;
    for (const pid of [ended, process.pid, process.ppid]) {
      const leftover = join(folder, 'checkpoints', partial(pid));
      await mkdir(leftover, { recursive: true });
      await writeFile(join(leftover, 'model.safetensors'), 'half');
    }
    await run(torch, folder, { pauseAfter: 2 });
    expect((await readdir(join(folder, 'checkpoints'))).sort()).toEqual([
      partial(process.ppid),
      'step-000002',
    ]);
  });

  it.skipIf(!ownMounts)(
    'a disk that is full when a checkpoint is written leaves those before it, and with more room it goes on to the same curve',
    { timeout: 120_000 },
    async () => {
      const steps = 12;
      const straight = await run(torch, join(scratch, 'roomy'), { plan: { ...tinyPlan, steps } });
      const disk = join(scratch, 'small disk');
      const saved = join(scratch, 'saved');
      await Promise.all([disk, saved].map((folder) => mkdir(folder)));
      // Room for two checkpoints of a quarter of a megabyte, and not for the next one while these are there.
      const script = `
        set -e
        mount -t tmpfs -o size=700k none "$DISK"
        if $TRAIN; then exit 9; fi
        ls "$DISK/checkpoints" > "$SAVED/left"
        mount -o remount,size=8m "$DISK"
        $TRAIN
        ls "$DISK/checkpoints" > "$SAVED/whole"
        cp "$DISK/metrics.jsonl" "$SAVED"`;
      const child = fileURLToPath(new URL('train-child.ts', import.meta.url));
      const train = `"$NODE" --import tsx "${child}" "$DISK" ${steps}`;
      const { status, stderr } = spawnSync(
        'unshare',
        [...ownMountsOptions, 'sh', '-c', script.replaceAll('$TRAIN', train)],
        {
          encoding: 'utf8',
          env: { ...process.env, NODE: process.execPath, DISK: disk, SAVED: saved, MERV_NATIVE: addonFile },
        },
      );
      expect(status, stderr).toBe(0);
      expect(stderr).toMatch(/no space left on the disk for .*step-000009.*disk_full/s);
      const names = async (file: string) => (await readFile(join(saved, file), 'utf8')).trim().split('\n');
      expect(await names('left')).toEqual(['step-000003', 'step-000006']);
      expect(await names('whole')).toEqual(['step-000009', 'step-000012']);
      const records = await recordsOf(saved);
      expect(records.map(({ loss }) => loss)).toEqual(straight.losses);
    },
  );

  it('evaluates what it keeps out, keeps the best checkpoint and stops when nothing gets better', async () => {
    const folder = join(scratch, 'patience');
    // Far too fast: the examples kept out get worse soon.
    const plan = {
      ...tinyPlan,
      steps: 60,
      saveEvery: 2,
      peakRate: 0.1,
      keepLast: 1,
      keepBest: true,
      patience: 3,
    };
    const { outcome } = await run(torch, folder, { plan, data: tinyData([8, 9]) });
    const evaluations = (await recordsOf(folder)).filter((record) => record.evalLoss !== null);
    expect(evaluations.every(({ step }) => step! % 2 === 0)).toBe(true);
    const best = evaluations.reduce((a, b) => (b.evalLoss! < a.evalLoss! ? b : a));
    expect(outcome).toMatchObject({ kind: 'stopped', step: best.step! + 2 * 3 });
    const kept = (await readdir(join(folder, 'checkpoints'))).map((name) => Number(name.slice(5)));
    expect(kept.sort((a, b) => a - b)).toEqual([best.step, outcome.step]);
  });

  it('refuses a checkpoint of another recipe and one that is damaged', async () => {
    const folder = join(scratch, 'refused');
    await run(torch, folder, { pauseAfter: 2 });
    const other = run(torch, folder, { plan: { ...tinyPlan, seed: 8 } });
    await expect(other).rejects.toMatchObject({
      code: 'file_corrupt',
      message: expect.stringMatching(/settings/),
    });
    const file = join(folder, 'checkpoints', 'step-000002', 'model.safetensors');
    await writeFile(file, (await readFile(file)).subarray(0, 1000));
    await expect(run(torch, folder)).rejects.toMatchObject({ code: 'file_corrupt' });
  });

  it('stops where the loss is no number, and keeps the parameters and the last checkpoint', async () => {
    const folder = join(scratch, 'diverged');
    const model = tinyModel(torch);
    const data = tinyData();
    const before = torch.read(model.parameters.get('llm_backbone.llm.lm_head.weight'));
    let asked = 0;
    const bad = async (row: number) => {
      const example = await data.example(row);
      // From the second step on, and in rows with a video.
      const features =
        ++asked > 4 && example.features !== null ? [new Float32Array(96).fill(Number.NaN)] : example.features;
      return { ...example, features };
    };
    const wants = () => 'go on' as const;
    const plan = { ...tinyPlan, saveEvery: 1, warmupRatio: 0 };
    const running = train({ model, plan, data: { ...data, example: bad }, folder, wants, onStep: () => {} });
    await expect(running).rejects.toMatchObject({
      code: 'training_diverged',
      message: expect.stringMatching(/step 2.*examples/),
    });
    // The first step's rate is 0.
    expect(torch.read(model.parameters.get('llm_backbone.llm.lm_head.weight'))).toEqual(before);
    expect(await readdir(join(folder, 'checkpoints'))).toEqual(['step-000001']);
    model.parameters.release();
  });

  it('counts tokens, not micro batches, when it accumulates', async () => {
    const examples = await Promise.all([0, 1, 2, 4].map((row) => tinyData().example(row)));
    const step = (batches: readonly (readonly (typeof examples)[number][])[]) => {
      const model = tinyModel(torch);
      const optimiser = new AdamW(model.parameters, tinyPlan.optimiser);
      const { loss, gradientNorm } = trainStep(model, optimiser, batches, 0, tinyPlan.step);
      optimiser.release();
      model.parameters.release();
      return { loss, gradientNorm };
    };
    const whole = step([examples]);
    const parts = step([examples.slice(0, 1), examples.slice(1)]);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(parts.gradientNorm).toBeCloseTo(whole.gradientNorm, 5);
  });

  it('passes over examples of which nothing is learned', async () => {
    const examples = await Promise.all([0, 1, 3].map((row) => tinyData().example(row)));
    const silent = examples.map((example) => ({ ...example, labels: example.ids.map(() => ignored) }));
    const step = (batches: readonly (readonly (typeof examples)[number][])[]) => {
      const model = tinyModel(torch);
      const optimiser = new AdamW(model.parameters, tinyPlan.optimiser);
      const { loss, gradientNorm } = trainStep(model, optimiser, batches, 0, tinyPlan.step);
      optimiser.release();
      model.parameters.release();
      return { loss, gradientNorm };
    };
    expect(step([silent, examples])).toEqual(step([examples]));
    expect(step([silent])).toEqual({ loss: 0, gradientNorm: 0 });
  });

  it('learns the same from rows that several examples share', async () => {
    const examples = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((row) => tinyData().example(row)));
    const step = (packTo: number | null, checkpointing: boolean) => {
      const model = tinyModel(torch);
      const optimiser = new AdamW(model.parameters, tinyPlan.optimiser);
      const result = trainStep(model, optimiser, [examples], 0, { ...tinyPlan.step, packTo, checkpointing });
      optimiser.release();
      model.parameters.release();
      return result;
    };
    const alone = step(null, false);
    for (const together of [step(60, false), step(1000, false), step(60, true)]) {
      expect(together.loss).toBeCloseTo(alone.loss, 5);
      expect(together.gradientNorm).toBeCloseTo(alone.gradientNorm, 4);
      expect(together.tokens).toBe(alone.tokens);
    }
    expect(packed([5, 9, 3, 7, 1], 10)).toEqual([[1, 4], [3, 2], [0]]);
  });

  it('answers with the likeliest tokens, one after the other, as if it saw the whole each time', async () => {
    const model = tinyModel(torch);
    const live = torch.live();
    for (const row of [0, 3]) {
      const example = await tinyData().example(row);
      const answer = generate(model, example, { begin: 1, most: 12, stop: new Set() });
      expect(answer.length).toBe(12);
      // Every token is the likeliest after all before it, computed at once.
      const whole = { ...example, ids: [...example.ids, ...answer] };
      const likeliest = torch.scope(() =>
        torch.noGrad(() => {
          const { embeddings } = fuseBatch(model, [{ ...whole, labels: whole.ids }], {
            begin: 1,
            packTo: null,
          });
          const outputs = model.layers(embeddings);
          const logits = torch.read(model.head(torch.reshape(outputs, [-1, 32])));
          const rows = Array.from({ length: logits.length / 64 }, (_, i) =>
            logits.subarray(i * 64, (i + 1) * 64),
          );
          return rows.map((values) => values.indexOf(Math.max(...values))).slice(-13, -1);
        }),
      );
      expect(answer).toEqual(likeliest);
      const stopped = generate(model, example, { begin: 1, most: 12, stop: new Set([answer[2]!]) });
      expect(stopped).toEqual(answer.slice(0, answer.indexOf(answer[2]!)));
    }
    expect(torch.live()).toBe(live + 2);
    model.parameters.release();
  });

  it('gives the same loss and gradients in chunks as at once', () => {
    const model = tinyModel(torch);
    torch.scope(() => {
      const targets = Array.from({ length: 50 }, (_, i) => i % 64);
      const values = Float32Array.from({ length: 50 * 32 }, (_, i) => Math.sin(i));
      const head = model.parameters.get('llm_backbone.llm.lm_head.weight');
      const results = [50, 7].map((chunk) => {
        const rows = torch.from(values, [50, 32]);
        torch.requireGrad(rows, true);
        const { sum, gradient } = chunkedLoss(model, rows, targets, 0.1, chunk);
        const result = { sum, rows: torch.read(gradient!), head: torch.read(torch.grad(head)!) };
        torch.clearGrads([head]);
        return result;
      });
      const [whole, chunked] = results;
      expect(chunked!.sum).toBeCloseTo(whole!.sum, 3);
      for (const part of ['rows', 'head'] as const) {
        const largest = Math.max(...whole![part].map((value, i) => Math.abs(value - chunked![part][i]!)));
        expect(largest).toBeLessThan(1e-6);
      }
    });
    model.parameters.release();
  });

  it('writes adapters that read back the same, and merges them into what they computed', async () => {
    const folder = join(scratch, 'adapter');
    const trained = tinyModel(torch, { lora: true });
    const b = 'llm_backbone.llm.model.layers.1.self_attn.q_proj.lora_B.weight';
    trained.parameters.assign(
      b,
      Float32Array.from({ length: 32 * 4 }, (_, i) => Math.sin(i) / 10),
    );
    const settings = { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] };
    await writeAdapter(folder, trained.parameters.within(''), settings, 'tiny');
    const again = tinyModel(torch);
    const written = await openTensors(join(folder, 'adapter_model.safetensors'));
    for (const [name, { shape }] of written.tensors) {
      const here = name.replace('base_model.model.', 'llm_backbone.llm.');
      again.parameters.set(here, await written.read(name), shape, false);
    }
    await written.close();
    const merged = merge(torch, trained, settings);
    expect([...merged.tensors.keys()].some((name) => name.includes('lora'))).toBe(false);
    const plain = tinyModel(torch);
    for (const name of merged.tensors.keys())
      plain.parameters.assign(`llm_backbone.llm.${name}`, await merged.read(name));
    const outputs = [trained, again, plain].map((model) =>
      torch.scope(() =>
        torch.noGrad(() => {
          const embedded = model.embedTokens(torch.from(Int32Array.of(1, 5, 9, 40), [1, 4]));
          return torch.read(model.head(model.layers(embedded)));
        }),
      ),
    );
    expect(outputs[1]).toEqual(outputs[0]);
    const difference = Math.max(...outputs[0]!.map((value, i) => Math.abs(value - outputs[2]![i]!)));
    expect(difference).toBeLessThan(1e-5);
    for (const model of [trained, again, plain]) model.parameters.release();
  });

  it('exports what the reference and Hugging Face call it, adapters worked in', async () => {
    const folder = join(scratch, 'export');
    const trained = tinyModel(torch, { lora: true });
    const settings = { rank: 4, alpha: 8, targets: ['q_proj', 'v_proj'] };
    const languageModel = merge(torch, trained, settings);
    const [projectors, fusion] = ['projectors.', 'feature_fusion.'].map((name) =>
      trained.parameters.within(name),
    );
    const modules = { projectors: projectors!, fusion: fusion!, languageModel };
    await writeFolder(folder, [
      { name: 'latest-checkpoint.pt', pieces: mervCheckpoint(modules, 'F32') },
      { name: 'model.safetensors', pieces: huggingFaceWeights(languageModel, 'BF16') },
    ]);
    const [checkpoint, folderWeights] = await Promise.all(
      ['latest-checkpoint.pt', 'model.safetensors'].map((name) => openTensors(join(folder, name))),
    );
    expect([...checkpoint!.tensors.keys()].filter((name) => !name.includes('.layers.'))).toEqual([
      'model.projectors.0.projector.projector.weight',
      'model.projectors.0.projector.projector.bias',
      'model.llm_backbone.llm.model.embed_tokens.weight',
      'model.llm_backbone.llm.model.norm.weight',
      'model.llm_backbone.llm.lm_head.weight',
    ]);
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const merged = await languageModel.read(name);
    expect(await checkpoint!.read(`model.llm_backbone.llm.${name}`)).toEqual(merged);
    const halved = await folderWeights!.read(name);
    expect(folderWeights!.tensors.get(name)!.type).toBe('BF16');
    expect(Math.max(...halved.map((value, i) => Math.abs(value - merged[i]!)))).toBeLessThan(2 ** -10);
    await checkpoint!.close();
    await folderWeights!.close();
    trained.parameters.release();
  });

  it('says when no layer has the adapter’s name', () => {
    const model = tinyModel(torch);
    expect(() => addAdapters(model.parameters, { rank: 2, alpha: 2, targets: ['w_q'] }, 1)).toThrow(/w_q/);
    model.parameters.release();
  });
});
