/** One way of train-memory.ts, as one line of JSON. */
import { fileURLToPath } from 'node:url';
import { modulePrefixes } from '../../engine/models/module-prefixes.ts';
import { loadTorch } from '../../engine/native/load.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import { AdamW } from '../../engine/training/adam-w.ts';
import { chunkedLoss } from '../../engine/training/chunked-loss.ts';
import { trainStep } from '../../engine/training/train-step.ts';
import { trainingModel } from '../../engine/training/training-model.ts';
import { decoderShapes } from './decoder-shapes.ts';
import { median } from './measure.ts';
import { randomSource } from './random-weights.ts';
import type { TrainMemory, TrainMemorySubject } from './train-memory.ts';

const subject = JSON.parse(process.argv[2]!) as TrainMemorySubject;
const addon = fileURLToPath(new URL('../../.cache/native/merv-torch.node', import.meta.url));
const { torch } = loadTorch({ candidates: [addon], cuda: null });
torch.setThreads(subject.threads);
const [hidden, inner, heads, kvHeads] = [576, 1536, 9, 3];
const layers = subject.kind === 'step' ? subject.layers : 0;
const vocab = subject.kind === 'step' ? 4096 : subject.vocab;

const keyValue = (hidden / heads) * kvHeads;
const shapes = decoderShapes({ hidden, inner, layers, vocab, keyValue });
const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
await parameters.load(randomSource(shapes), modulePrefixes.languageModel, () => subject.kind === 'step');
const rope = { theta: 10_000, headDim: hidden / heads, positions: 4096, scaling: null };
const model = trainingModel(
  {
    languageModel: { hidden, layers, heads, kvHeads, vocab, eps: 1e-6, rope },
    ...{ encoders: [], fusion: 'first', adapterAlpha: 0 },
  },
  parameters,
);

/** `held`: bytes that the work leaves behind or needs at any rate. The first round is not timed. */
function measured(held: number, work: () => void): TrainMemory {
  const before = process.memoryUsage.rss();
  const times = Array.from({ length: 3 }, () => {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  });
  return { cpu: median(times.slice(1)), peak: process.resourceUsage().maxRSS * 1024 - before - held };
}

function step(tokens: number, checkpointing: boolean): TrainMemory {
  const optimiser = new AdamW(parameters, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 });
  const ids = Array.from({ length: tokens }, (_, i) => (i * i + 7 * i) % vocab);
  const options = { begin: 1, packTo: null, clip: 1, accumulate: 'tokens', checkpointing } as const;
  const values = [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  // A gradient and two moments of everything.
  return measured(3 * 4 * values, () => {
    trainStep(model, optimiser, [[{ ids, labels: ids, features: null }]], 1e-5, options);
  });
}

function loss(rows: number, chunked: boolean): TrainMemory {
  const targets = Array.from({ length: rows }, (_, i) => (i * i + 7 * i) % vocab);
  const values = Float32Array.from({ length: rows * hidden }, (_, i) => Math.sin(i));
  return measured(0, () => {
    torch.scope(() => {
      const given = torch.from(values, [rows, hidden]);
      torch.requireGrad(given, true);
      if (chunked) chunkedLoss(model, given, targets, 1);
      else chunkedLoss(model, given, targets, 1, rows);
    });
  });
}

console.log(
  JSON.stringify(
    subject.kind === 'step'
      ? step(subject.tokens, subject.checkpointing)
      : loss(subject.rows, subject.chunked),
  ),
);
