/** `npm run bench [names…]`: every benchmark, or those named, one after the other. */
import { machineLine } from './machine.ts';

const benchmarks: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  start: () => import('./start.ts'),
  'language-model': () => import('./language-model.ts'),
  encoders: () => import('./encoders.ts'),
  video: () => import('./video.ts'),
  answer: () => import('./answer.ts'),
  'train-step': () => import('./train-step.ts'),
  'train-memory': () => import('./train-memory.ts'),
  'train-data': () => import('./train-data.ts'),
  memory: () => import('./memory.ts'),
  conversion: () => import('./conversion.ts'),
  'large-layer': () => import('./large-layer.ts'),
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in benchmarks));
if (unknown !== undefined) {
  console.error(`There is no benchmark ${unknown}. There are: ${Object.keys(benchmarks).join(', ')}.`);
  process.exitCode = 2;
} else {
  machineLine();
  for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
    await (await benchmarks[name]!()).run();
  }
}
