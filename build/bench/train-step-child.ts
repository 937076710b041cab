/** Our side of train-step.ts, in a process of its own: one request a line on stdin, one answer a line on stdout. */
import { createInterface } from 'node:readline';
import { fromHuggingFace } from '../../engine/models/llama-config.ts';
import { modulePrefixes } from '../../engine/models/module-prefixes.ts';
import { loadTorch } from '../../engine/native/load.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import { AdamW } from '../../engine/training/adam-w.ts';
import type { Example } from '../../engine/training/example.ts';
import { trainStep } from '../../engine/training/train-step.ts';
import { trainingModel } from '../../engine/training/training-model.ts';
import { openTensors } from '../../engine/weights/open.ts';
import type { TrainSettings } from './train-step.ts';

const settings = JSON.parse(process.argv[2]!) as TrainSettings & { readonly addon: string };
const { torch } = loadTorch({ candidates: [settings.addon], cuda: null });
torch.setThreads(settings.threads);
const { width, visual, align } = settings;
const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
const source = await openTensors(settings.save);
await parameters.load(source, modulePrefixes.languageModel, () => !align);
await source.close();
const config = fromHuggingFace({ model_type: 'llama', ...settings.config }, 4096);
if (align) {
  const weight = new Float32Array(config.hidden * width).fill(0.01);
  parameters.set('projectors.0.projector.weight', weight, [config.hidden, width], true);
  parameters.set('projectors.0.projector.bias', new Float32Array(config.hidden), [config.hidden], true);
}
const model = trainingModel(
  {
    languageModel: config,
    encoders: [{ projector: { kind: 'per-token', mlp: 'linear' }, shape: [1, visual, width] }],
    fusion: 'first',
    adapterAlpha: 0,
  },
  parameters,
);
const optimiser = new AdamW(parameters, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.1 });
const features = align ? [new Float32Array(visual * width).fill(0.5)] : null;

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const { ids } = JSON.parse(line) as { readonly ids: readonly (readonly number[])[] };
  const examples = ids.map((row): Example => ({ ids: row, labels: row, features }));
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const { loss } = trainStep(model, optimiser, [examples], 1e-4, {
    begin: 1,
    packTo: null,
    clip: 1,
    accumulate: 'tokens',
    checkpointing: settings.checkpointing,
  });
  const used = process.cpuUsage(cpu);
  const answer = {
    ms: performance.now() - start,
    cpu: (used.user + used.system) / 1e3,
    loss,
    peak: process.resourceUsage().maxRSS * 1024,
  };
  console.log(JSON.stringify(answer));
}
