import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { framesOf, guessesIn, manyTextures } from '../../build/scripts/train-starter/motion-encoder.ts';
import { shapesScene } from '../../build/scripts/train-starter/world.ts';
import { motionConfig } from '../../engine/hub/starter-attributes.ts';
import { motion, motionFrames } from '../../engine/models/motion.ts';
import { labelMixture } from '../../engine/models/projectors/label-mixture.ts';
import { writeEncoder, writeVisualPath } from '../../engine/models/write-graphs.ts';
import { torchOps } from '../../engine/nn/torch/ops.ts';
import { Parameters } from '../../engine/nn/torch/parameters.ts';
import type { Weights } from '../../engine/nn/weights.ts';
import { EncoderSession, VisualSession } from '../../engine/runtime/encoder-session.ts';
import { randomNumbers } from '../../engine/training/random.ts';
import { openTensors } from '../../engine/weights/open.ts';
import { describeTorch } from '../unit/native/addon.ts';
import { largestDifference } from './fixtures.ts';

const resources = fileURLToPath(new URL('../../resources/starter', import.meta.url));
const mostBytes = 12e6;

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'starter-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

function flat(frames: readonly Uint8Array[]): Float32Array {
  return Float32Array.from(frames.flatMap((frame) => [...frame]));
}

it('comes with trained weights of at most 12 MB', async () => {
  const sizes = await Promise.all(
    ['motion', 'adapter'].map(async (name) => (await stat(join(resources, `${name}.safetensors`))).size),
  );
  expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(mostBytes);
});

it('sees which way drawn shapes move, and their colour', async () => {
  const weights = await openTensors(join(resources, 'motion.safetensors'));
  const graph = join(await folder(), 'encoder.onnx');
  await writeEncoder(graph, motion(motionConfig, weights), weights, { precision: 'fp32' });
  await weights.close();
  const session = await EncoderSession.open(graph);
  const random = randomNumbers(4321);
  const textures = manyTextures(random, 6);
  const right = { direction: 0, colour: 0 };
  const clips = 40;
  for (let i = 0; i < clips; i++) {
    const scene = shapesScene(random, textures, null);
    const features = await session.encode(
      flat(framesOf(scene, motionFrames, motionConfig.size)),
      motionConfig.size,
    );
    const guess = guessesIn(features);
    if (guess.direction === scene.truth.direction) right.direction++;
    if (guess.colour === scene.truth.colour) right.colour++;
  }
  await session.close();
  expect(right.direction).toBeGreaterThanOrEqual(0.9 * clips);
  expect(right.colour).toBeGreaterThanOrEqual(0.85 * clips);
});

describeTorch('the starter’s own parts', (torch) => {
  const fresh = () => new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });

  it('motion encoder: libtorch and ONNX Runtime agree', async () => {
    const weights = await openTensors(join(resources, 'motion.safetensors'));
    const graph = join(await folder(), 'encoder.onnx');
    const encoder = motion(motionConfig, weights);
    await writeEncoder(graph, encoder, weights, { precision: 'fp32' });
    const parameters = fresh();
    await parameters.load(weights, '', () => false);
    await weights.close();
    const random = randomNumbers(5);
    const { size } = motionConfig;
    // Two clips at once.
    const levels = Float32Array.from({ length: 2 * motionFrames * size * size * 3 }, () =>
      Math.floor(256 * random()),
    );
    const session = await EncoderSession.open(graph);
    const served = await session.encode(levels, size);
    await session.close();
    const trained = torch.scope(() => {
      const nn = torchOps(parameters);
      const given = torch.from(levels, [2 * motionFrames, size, size, 3]);
      return torch.read(encoder.build(nn, nn.normalisePixels(given, encoder.spec.normalisation)));
    });
    parameters.release();
    expect(largestDifference(served, trained)).toBeLessThan(1e-3);
  });

  it('label mixture: what the kept labels leave goes to the unsure row', async () => {
    const [classes, words, hidden, frames] = [7, 2, 3, 4];
    const random = randomNumbers(6);
    const drawn = (count: number) => Float32Array.from({ length: count }, () => 2 * random() - 1);
    const values = new Map([
      ['labels', { shape: [classes, words * hidden], values: drawn(classes * words * hidden) }],
      ['unsure', { shape: [1, words * hidden], values: drawn(words * hidden) }],
    ]);
    const weights: Weights = { tensors: values, read: async (name) => values.get(name)!.values };
    const logits = drawn(frames * classes).map((value) => 3 * value);
    const config = { segments: 2, words, keep: 3 } as const;

    // By the definition, in plain numbers.
    const wanted = new Float32Array(config.segments * words * hidden);
    for (let segment = 0; segment < config.segments; segment++) {
      const mean = new Array<number>(classes).fill(0);
      for (const frame of [2 * segment, 2 * segment + 1]) {
        const powers = Array.from(logits.subarray(frame * classes, (frame + 1) * classes), Math.exp);
        const sum = powers.reduce((a, b) => a + b, 0);
        for (const [i, power] of powers.entries()) mean[i]! += power / sum / 2;
      }
      const kept = [...mean].sort((a, b) => b - a).slice(0, config.keep);
      const left = 1 - kept.reduce((a, b) => a + b, 0);
      for (let at = 0; at < words * hidden; at++) {
        let value = left * values.get('unsure')!.values[at]!;
        for (const [i, share] of mean.entries()) {
          if (kept.includes(share)) value += share * values.get('labels')!.values[i * words * hidden + at]!;
        }
        wanted[segment * words * hidden + at] = value;
      }
    }
    const parameters = fresh();
    await parameters.load(weights, '', () => false);
    const trained = torch.scope(() =>
      torch.read(
        labelMixture(torchOps(parameters), torch.from(logits, [frames, 1, classes]), config, classes),
      ),
    );
    parameters.release();
    const graph = join(await folder(), 'visual.onnx');
    const projector = { kind: 'label-mixture', ...config } as const;
    const encoder = { id: 'x', shape: [frames, 1, classes] as const, projector, weights };
    await writeVisualPath(graph, { encoders: [encoder], fusion: { kind: 'concat' } });
    const session = await VisualSession.open(graph);
    const served = await session.embed([{ id: 'x', data: logits, shape: [frames, 1, classes] }]);
    await session.close();
    expect(largestDifference(trained, wanted)).toBeLessThan(1e-5);
    expect(largestDifference(served.embeddings, wanted)).toBeLessThan(1e-5);
  });
});
