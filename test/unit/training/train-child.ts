import { loadTorch } from '../../../engine/native/load.ts';
import { train } from '../../../engine/training/train.ts';
import { tinyData, tinyModel, tinyPlan } from './tiny-run.ts';

// A trainer of its own, to be killed: node train-child.ts FOLDER STEPS; prints the number of every step.
const [folder = '', steps = ''] = process.argv.slice(2);
const { torch } = loadTorch({ candidates: [process.env.MERV_NATIVE ?? ''], cuda: null });
await train({
  model: tinyModel(torch),
  plan: { ...tinyPlan, steps: Number(steps) },
  data: tinyData(),
  folder,
  wants: () => 'go on',
  onStep: ({ step }) => console.log(step),
});
