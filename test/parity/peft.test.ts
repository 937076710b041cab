import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { fromHuggingFace } from '../../engine/models/llama-config.ts';
import { modulePrefixes } from '../../engine/models/module-prefixes.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import { AdamW } from '../../engine/training/adam-w.ts';
import { addAdapters, writeAdapter } from '../../engine/training/adapters.ts';
import { saveCheckpoint, trainedFileOf } from '../../engine/training/checkpoint.ts';
import { trainStep } from '../../engine/training/train-step.ts';
import { trainingModel } from '../../engine/training/training-model.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { describeTorch } from '../unit/native/addon.ts';
import { fixturesFolder, largestDifference, readJson } from './fixtures.ts';

/** A Python with PEFT: `pip install torch transformers peft`, in an environment that MERV_PYTHON names. */
const python = process.env.MERV_PYTHON ?? 'python3';
const hasPeft = spawnSync(python, ['-c', 'import torch, transformers, peft']).status === 0;

describeTorch('PEFT', (torch) => {
  it.skipIf(!hasPeft)(
    'computes the same with an adapter that was trained here as we do',
    { timeout: 300_000 },
    async () => {
      const scratch = await mkdtemp(join(tmpdir(), 'merv-peft-'));
      onTestFinished(() => rm(scratch, { recursive: true, force: true }));
      const base = join(fixturesFolder, 'llama-tiny');
      const config = fromHuggingFace(JSON.parse(await readFile(join(base, 'config.json'), 'utf8')), 4096);
      const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
      const weights = await openTensors(base);
      await parameters.load(weights, modulePrefixes.languageModel, () => false);
      await weights.close();
      const adapter = { rank: 4, alpha: 12, targets: ['q_proj', 'v_proj', 'down_proj'] };
      addAdapters(parameters, adapter, 5);
      const model = trainingModel(
        { languageModel: config, encoders: [], fusion: 'first', adapterAlpha: adapter.alpha },
        parameters,
      );
      const { prompt_ids: ids } = z
        .object({ prompt_ids: z.array(z.number()) })
        .parse(await readJson('llama-tiny', 'expected.json'));
      const optimiser = new AdamW(parameters, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 });
      const step = { begin: 1, packTo: null, clip: 1, accumulate: 'tokens', checkpointing: false } as const;
      for (let i = 0; i < 5; i++) {
        trainStep(model, optimiser, [[{ ids, labels: ids, features: null }]], 1e-2, step);
      }
      const ours = torch.scope(() =>
        torch.noGrad(() => {
          const given = torch.from(Int32Array.from(ids), [1, ids.length]);
          return torch.read(model.head(model.layers(model.embedTokens(given))));
        }),
      );

      // As a run is exported.
      await saveCheckpoint(scratch, parameters, optimiser, { step: 5, loss: 0, recipe: '' });
      optimiser.release();
      parameters.release();
      const trained = await openTensors(trainedFileOf(scratch, 5));
      const exported = join(scratch, 'adapter');
      await writeAdapter(exported, trained, adapter, 'llama-tiny').finally(() => trained.close());
      const script = fileURLToPath(new URL('peft_logits.py', import.meta.url));
      const { status, stdout, stderr } = spawnSync(python, [script, base, exported], {
        input: JSON.stringify(ids),
        encoding: 'utf8',
        maxBuffer: 2 ** 26,
      });
      expect(status, stderr).toBe(0);
      const { plain, adapted } = z
        .object({ plain: z.array(z.number()), adapted: z.array(z.number()) })
        .parse(JSON.parse(stdout));
      expect(largestDifference(plain, adapted)).toBeGreaterThan(1);
      expect(largestDifference(ours, adapted)).toBeLessThan(1e-4);
    },
  );
});
