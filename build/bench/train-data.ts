/**
 * An epoch of the starter on the sample data set, without features on the disk and with them: what making and reading
 * features takes, and the epoch as a whole. Run: `npx tsx build/bench/train-data.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TrainConfig, trainConfigSchema } from '../../engine/contract/training.ts';
import { starterId } from '../../engine/hub/assemble-starter.ts';
import { starterTraining } from '../../engine/hub/starter-training.ts';
import { loadTorch } from '../../engine/native/load.ts';
import { exampleSource } from '../../engine/runs/examples.ts';
import { type OriginalParts, withOriginals } from '../../engine/runs/originals.ts';
import { planOf, stepsOf } from '../../engine/runs/plan.ts';
import { openWorkbench, prepareExamples } from '../../engine/runs/prepare.ts';
import { loadTrainable } from '../../engine/runs/trainable.ts';
import { train } from '../../engine/training/train.ts';
import { runAlone } from './alone.ts';
import { against, median, table, timed } from './measure.ts';
import { resources, starter, starterPart } from './places.ts';

const addon = fileURLToPath(new URL('../../.cache/native/merv-torch.node', import.meta.url));

/** Of an epoch; the others take as long. */
const measuredSteps = 3;

export async function run(): Promise<void> {
  const folders = await starter();
  const { path: gguf } = await starterPart(folders, 'language-model');
  const config = trainConfigSchema.parse({
    name: 'Benchmark',
    modelId: starterId,
    data: { file: join(resources, 'sample-training.json'), media: resources },
    recipe: 'align',
    epochs: 1,
    maxSteps: measuredSteps,
    evaluation: { fraction: 0, probes: 0 },
    checkpoints: { everySteps: 1000, keepLast: 1, keepBest: false },
  });
  const scratch = await mkdtemp(join(tmpdir(), 'merv-bench-'));
  const { adapter } = await starterTraining(resources);
  await withOriginals({ kind: 'starter', gguf, resources, adapter: adapter.sha256 }, (parts) =>
    epochs(config, parts, folders.models, scratch),
  ).finally(() => rm(scratch, { recursive: true, force: true }));
}

async function epochs(config: TrainConfig, parts: OriginalParts, modelsFolder: string, scratch: string) {
  const { torch } = loadTorch({ candidates: [addon], cuda: null });
  const { signal } = new AbortController();
  const featuresFolder = join(scratch, 'features');
  const bench = await openWorkbench({ torch, modelsFolder, featuresFolder, parts, config, signal });
  const encoder = () => bench.encoder();
  let source = exampleSource([], config, bench.cache, encoder);
  const making = await timed(async () => {
    const { examples } = await prepareExamples(bench, () => {});
    source = exampleSource(examples, config, bench.cache, encoder);
  });
  const { data } = source;
  const reading = await timed(async () => {
    for (const row of data.rows.keys()) await data.example(row);
  });
  const model = await loadTrainable(torch, parts, config);
  const plan = planOf(config, measuredSteps, bench.tokenizer.bosId === null ? 0 : 1);
  const times: number[] = [];
  await train({
    ...{ model, plan, data, folder: join(scratch, 'run'), wants: () => 'go on' },
    onStep: ({ ms }) => {
      times.push(ms);
    },
  });
  model.parameters.release();
  const rows = data.rows.length;
  const steps = stepsOf({ ...config, maxSteps: null }, rows);
  // A step reads its features, too.
  const learning = median(times) * steps;
  console.log(`\nAn epoch of the starter on the sample data set: ${rows} examples, ${steps} steps, align`);
  const first = making + learning;
  table(
    ['ms', 'first', 'second', 'first ÷ second'],
    [
      ['features: made, then read', making, reading, against(making / reading, 10)],
      ['the whole epoch, learning too', first, learning, (first / learning).toFixed(2)],
    ],
  );
}

await runAlone(import.meta.url, run);
