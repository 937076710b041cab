import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { fromHuggingFace } from '../../engine/models/llama-config.ts';
import { modulePrefixes } from '../../engine/models/module-prefixes.ts';
import type { Torch } from '../../engine/native/torch.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import { AdamW, decays } from '../../engine/training/adam-w.ts';
import { writeAdapter } from '../../engine/training/adapters.ts';
import type { Example } from '../../engine/training/example.ts';
import { learningRate } from '../../engine/training/schedule.ts';
import { trainStep } from '../../engine/training/train-step.ts';
import { trainingModel } from '../../engine/training/training-model.ts';
import { openTensors } from '../../engine/weights/open.ts';
import type { TensorSource } from '../../engine/weights/tensor-source.ts';
import { describeTorch } from '../unit/native/addon.ts';
import { fixturesFolder, foldersWith, largestDifference, readJson } from './fixtures.ts';

const metaSchema = z.object({
  stage: z.enum(['align', 'finetune']),
  learning_rate: z.number(),
  weight_decay: z.number(),
  warmup_ratio: z.number(),
  max_steps: z.number(),
  global_batch_size: z.number(),
  per_device_batch_size: z.number(),
  max_grad_norm: z.number(),
  adamw: z.object({ betas: z.tuple([z.number(), z.number()]), eps: z.number() }),
  projector_token_length: z.number(),
  visual_feature_length: z.number(),
  lora: z.boolean(),
  micro_batches: z.number(),
  tolerance: z.object({
    loss_rtol: z.number(),
    grad_norm_rtol: z.number(),
    final_weights_atol: z.number(),
  }),
});
const stepsSchema = z.array(
  z.object({
    micro_losses: z.array(z.number()),
    loss: z.number(),
    lr_applied: z.number(),
    lr_reported: z.number(),
    grad_norm_before_clip: z.number(),
  }),
);
const groupsSchema = z.array(z.object({ weight_decay: z.number(), params: z.array(z.string()) }));

const adapterSchema = z.object({
  r: z.number(),
  lora_alpha: z.number(),
  target_modules: z.array(z.string()),
});

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'merv-parity-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const runs = await foldersWith('steps.json', 'training');
/** Runs that begin with another one's weights, or see its batches. */
const startsFrom: Readonly<Record<string, string>> = {
  'finetune-accumulate2': 'finetune',
  'align-no-warmup': 'align',
};

const file = (...path: readonly string[]) => join(fixturesFolder, 'training', ...path);
async function open<T>(path: string, use: (source: TensorSource) => Promise<T>): Promise<T> {
  const source = await openTensors(path);
  return use(source).finally(() => source.close());
}

/** PEFT's names to ours. */
const renamed = (name: string) => name.replace('base_model.model.', modulePrefixes.languageModel);

async function loadParameters(torch: Torch, run: string, stage: 'align' | 'finetune', lora: boolean) {
  const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  const start = startsFrom[run] ?? run;
  const learns = (name: string) =>
    (stage === 'finetune' && !lora) || !name.startsWith(modulePrefixes.languageModel);
  await open(file(start, 'initial_weights.safetensors'), (source) => parameters.load(source, '', learns));
  if (!lora) return { parameters, adapter: null };
  await open(file(run, 'initial_llm.safetensors'), (source) => parameters.load(source, '', () => false));
  await open(file(run, 'adapter_initial', 'adapter_model.safetensors'), async (source) => {
    for (const [name, { shape }] of source.tensors) {
      parameters.set(renamed(name), await source.read(name), shape, true);
    }
  });
  const { r, lora_alpha, target_modules } = adapterSchema.parse(
    await readJson('training', run, 'adapter_initial', 'adapter_config.json'),
  );
  return { parameters, adapter: { rank: r, alpha: lora_alpha, targets: target_modules } };
}

/** These rows of training/pooled.safetensors, of every encoder. */
function sharedRows(rows: Float32Array): Promise<Float32Array[]> {
  return open(file('pooled.safetensors'), async (source) => {
    const features: Float32Array[] = [];
    for (let e = 0; source.tensors.has(`pooled.${e}`); e++) {
      const all = await source.read(`pooled.${e}`);
      const size = all.length / source.tensors.get(`pooled.${e}`)!.shape[0]!;
      features.push(
        Float32Array.from([...rows].flatMap((row) => [...all.subarray(row * size, (row + 1) * size)])),
      );
    }
    return features;
  });
}

/** The micro batches of a run: their rows with the pooled features. */
async function readBatches(run: string, count: number): Promise<Example[][]> {
  const from = run === 'align-no-warmup' ? 'align' : run;
  return open(file(from, 'batches.safetensors'), async (source) => {
    const batches: Example[][] = [];
    for (let i = 0; i < count; i++) {
      const at = `batch${String(i).padStart(2, '0')}`;
      const read = async (name: string) => [...(await source.read(`${at}.${name}`))];
      const [rows, length] = source.tensors.get(`${at}.input_ids`)!.shape as [number, number];
      const [ids, labels, mask] = [
        await read('input_ids'),
        await read('labels'),
        await read('attention_mask'),
      ];
      const withVideo = await read('multimodal_indices');
      const pooled: Float32Array[] = [];
      for (let e = 0; source.tensors.has(`${at}.pooled.${e}`); e++) {
        pooled.push(await source.read(`${at}.pooled.${e}`));
      }
      // The copy in the repository names rows of features that its runs share.
      if (source.tensors.has(`${at}.pooled_rows`)) {
        pooled.push(...(await sharedRows(await source.read(`${at}.pooled_rows`))));
      }
      batches.push(
        Array.from({ length: rows }, (_, row) => {
          const end =
            row * length + mask.slice(row * length, (row + 1) * length).filter((m) => m === 1).length;
          const place = withVideo.indexOf(row);
          return {
            ids: ids.slice(row * length, end),
            labels: labels.slice(row * length, end),
            features:
              place < 0
                ? null
                : pooled.map((all) => {
                    const size = all.length / withVideo.length;
                    return all.slice(place * size, (place + 1) * size);
                  }),
          };
        }),
      );
    }
    return batches;
  });
}

describeTorch('training', (torch) => {
  it('has runs of the reference', () =>
    expect(runs).toEqual(expect.arrayContaining(['align', 'align-no-warmup', 'lora'])));

  const variants = runs.flatMap((run) => [
    { run, checkpointing: false },
    { run, checkpointing: true },
  ]);
  it.each(variants)(
    '$run, checkpointing $checkpointing: losses, gradient norms, learning rates and final weights as the reference’s',
    async ({ run, checkpointing }) => {
      const live = torch.live();
      const meta = metaSchema.parse(await readJson('training', run, 'meta.json'));
      const steps = stepsSchema.parse(await readJson('training', run, 'steps.json'));
      const groups = groupsSchema.parse(await readJson('training', run, 'param_groups.json'));
      const llm = { ...((await readJson('merv-tiny', 'llm', 'config.json')) as object), vocab_size: 832 };
      const { parameters, adapter } = await loadParameters(torch, run, meta.stage, meta.lora);
      const side = Math.sqrt(meta.projector_token_length);
      const frames = meta.visual_feature_length / meta.projector_token_length;
      const widths = [0, 1, 2, 3].map(
        (i) => parameters.get(`projectors.${i}.projector.projector.weight`).shape[1]!,
      );
      const model = trainingModel(
        {
          languageModel: fromHuggingFace(llm, 4096),
          encoders: widths.map((width) => ({
            projector: { kind: 'average', frames, side, mlp: 'linear' },
            shape: [frames, side ** 2, width],
          })),
          fusion: 'cross_attention_avg_lq',
          adapterAlpha: adapter?.alpha ?? 0,
        },
        parameters,
      );

      // The groups of the reference, by its names.
      const decayed = new Set(groups[0]!.params.map((name) => renamedOfPeft(name)));
      expect(new Set(parameters.trainable())).toEqual(
        new Set(groups.flatMap(({ params }) => params.map((name) => renamedOfPeft(name)))),
      );
      for (const name of parameters.trainable()) {
        expect(decays(name, parameters.get(name).shape), name).toBe(decayed.has(name));
      }

      const { betas, eps } = meta.adamw;
      const optimiser = new AdamW(parameters, { betas, eps, weightDecay: meta.weight_decay });
      const batches = await readBatches(run, meta.micro_batches);
      const accumulated = meta.global_batch_size / meta.per_device_batch_size;
      const schedule = { peak: meta.learning_rate, steps: meta.max_steps, warmupRatio: meta.warmup_ratio };
      const near = (value: number, expected: number, relative: number) =>
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
      for (const [i, expected] of steps.entries()) {
        const rate = learningRate(schedule, i + 1);
        near(rate, expected.lr_applied, 1e-12);
        near(learningRate(schedule, i + 2), expected.lr_reported, 1e-12);
        const micro = batches.slice(i * accumulated, (i + 1) * accumulated);
        const result = trainStep(model, optimiser, micro, rate, {
          begin: 1,
          packTo: null,
          clip: meta.max_grad_norm,
          accumulate: 'batches',
          checkpointing,
        });
        near(result.loss, expected.loss, meta.tolerance.loss_rtol);
        for (const [m, loss] of expected.micro_losses.entries()) {
          near(result.microLosses[m]!, loss, meta.tolerance.loss_rtol);
        }
        near(result.gradientNorm, expected.grad_norm_before_clip, meta.tolerance.grad_norm_rtol);
      }

      const compare = (path: string, rename: (name: string) => string) =>
        open(path, async (source) => {
          expect(source.tensors.size).toBeGreaterThan(0);
          for (const name of source.tensors.keys()) {
            const ours = torch.read(parameters.get(rename(name)));
            const theirs = await source.read(name);
            const noise = keyBiasOf(name, theirs.length);
            const compared = (values: Float32Array) => values.filter((_, i) => !noise(i));
            const atol = meta.tolerance.final_weights_atol;
            expect(largestDifference(compared(ours), compared(theirs)), name).toBeLessThan(atol);
            const keyBias = (values: Float32Array) => values.filter((_, i) => noise(i));
            expect(largestDifference(keyBias(ours), keyBias(theirs)), name).toBeLessThan(4 * atol);
          }
        });
      await compare(file(run, 'final_weights.safetensors'), (name) => name);
      if (adapter !== null) {
        await compare(file(run, 'adapter_final', 'adapter_model.safetensors'), renamed);
        await writeAdapter(join(scratch, run), parameters.within(''), adapter, 'merv-tiny/llm');
        expect(await shapesOf(join(scratch, run))).toEqual(await shapesOf(file(run, 'adapter_final')));
      }
      optimiser.release();
      parameters.release();
      expect(torch.live()).toBe(live);
    },
  );
});

/**
 * Places of the fusion's key bias. It adds the same to all scores of a softmax, so its gradient is zero but for rounding,
 * and AdamW makes steps of that: it ends elsewhere by a few times the tolerance and changes nothing that is computed.
 */
function keyBiasOf(name: string, length: number): (place: number) => boolean {
  const third = length / 3;
  return name === `${modulePrefixes.fusion}attention.in_proj_bias`
    ? (place) => place >= third && place < 2 * third
    : () => false;
}

/** Names and shapes of an adapter's tensors, and the fields of its configuration that PEFT computes with. */
async function shapesOf(folder: string) {
  const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const { peft_type, r, lora_alpha, bias, fan_in_fan_out, task_type, use_dora, use_rslora, rank_pattern } =
    config;
  const targets = [...z.array(z.string()).parse(config.target_modules)].sort();
  const tensors = await open(join(folder, 'adapter_model.safetensors'), async (source) =>
    [...source.tensors.values()].map(({ name, type, shape }) => `${name} ${type} [${shape}]`).sort(),
  );
  return {
    peft_type,
    r,
    lora_alpha,
    bias,
    fan_in_fan_out,
    task_type,
    use_dora,
    use_rslora,
    rank_pattern,
    targets,
    tensors,
  };
}

function renamedOfPeft(name: string): string {
  return name.replace('base_model.model.', '').replace('.default.', '.');
}
