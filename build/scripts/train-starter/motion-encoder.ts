import {
  type Attribute,
  attributeNames,
  attributes,
  motionConfig,
} from '../../../engine/hub/starter-attributes.ts';
import { motion, motionFrames } from '../../../engine/models/motion.ts';
import type { Torch } from '../../../engine/native/torch.ts';
import { torchOps } from '../../../engine/nn/torch/ops.ts';
import { Parameters } from '../../../engine/nn/torch/parameters.ts';
import { AdamW } from '../../../engine/training/adam-w.ts';
import { learningRate } from '../../../engine/training/schedule.ts';
import type { Truth } from './attributes.ts';
import { leaves, type Random, type Texture, things } from './texture.ts';
import { naturalScene, type Scene, shapesScene } from './world.ts';

/** Of each stack's pictures, one after the other. */
const channels = { stages: [3 * motionFrames, 64, 96, 128, 192], still: [3, 32, 64, 96, 128] } as const;
/** What is harder to see than to say counts more. */
const weights: Partial<Record<Attribute, number>> = { shape: 2 };
const values = motionConfig.attributes.reduce((sum, count) => sum + count, 0);

/** Textures are made once: a clip takes some of them, each from another place. */
export function manyTextures(random: Random, count: number): readonly Texture[] {
  return Array.from({ length: count }, () => leaves(random));
}

/** Draws scenes, one after the other. `count`: of textures; of things there are half as many. */
export function sceneSource(random: Random, count: number) {
  const textures = manyTextures(random, count);
  const single = textures.filter((_, i) => i % 2 === 0).map((ground) => things(random, ground));
  /** `heldOut`: whether shapes have the combinations that are kept from learning. */
  return (heldOut: boolean): Scene =>
    random() < 0.55 ? shapesScene(random, textures, heldOut) : naturalScene(random, textures, single);
}

/** Weights before any training: uniform in ±√(3 / inputs). */
export function newMotionEncoder(torch: Torch, random: Random): Parameters {
  const parameters = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  const uniform = (count: number, inputs: number) =>
    Float32Array.from({ length: count }, () => (2 * random() - 1) * Math.sqrt(3 / inputs));
  for (const [stack, widths] of Object.entries(channels)) {
    for (let i = 0; i + 1 < widths.length; i++) {
      const [inputs, outputs] = [widths[i]!, widths[i + 1]!];
      const side = i === 0 ? 5 : 3;
      const kernel = inputs * side * side;
      const name = `${stack}.${i}`;
      parameters.set(
        `${name}.conv.weight`,
        uniform(outputs * kernel, kernel),
        [outputs, inputs, side, side],
        true,
      );
      parameters.set(`${name}.norm.weight`, new Float32Array(outputs).fill(1), [outputs], true);
      parameters.set(`${name}.norm.bias`, new Float32Array(outputs), [outputs], true);
    }
  }
  const width = 2 * (channels.stages.at(-1)! + channels.still.at(-1)!);
  parameters.set('head.weight', uniform(values * width, 3 * width), [values, width], true);
  parameters.set('head.bias', new Float32Array(values), [values], true);
  return parameters;
}

/** Frames at even distances, as a video's are taken: the middle of each part. */
export function framesOf(scene: Scene, count: number, side: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, i) => scene.draw((i + 0.5) / count, side));
}

/** Logits of every value, [scenes, values]. */
function logitsOf(parameters: Parameters, scenes: readonly Scene[]) {
  const { torch } = parameters;
  const { size } = motionConfig;
  const encoder = motion(motionConfig, parameters.within(''));
  const nn = torchOps(parameters);
  const frame = size * size * 3;
  const levels = new Float32Array(scenes.length * motionFrames * frame);
  for (const [i, scene] of scenes.entries()) {
    for (const [at, own] of framesOf(scene, motionFrames, size).entries()) {
      levels.set(own, (i * motionFrames + at) * frame);
    }
  }
  const given = torch.from(levels, [scenes.length * motionFrames, size, size, 3]);
  return encoder.build(nn, nn.normalisePixels(given, encoder.spec.normalisation));
}

export interface MotionPlan {
  readonly steps: number;
  readonly batch: number;
  readonly rate: number;
}

/** Learns from scenes that are drawn as they are needed, no two the same. */
export function trainMotionEncoder(
  parameters: Parameters,
  nextScene: () => Scene,
  { steps, batch, rate }: MotionPlan,
  onStep: (step: number, loss: number) => void,
): void {
  const { torch } = parameters;
  const optimiser = new AdamW(parameters, { betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.02 });
  const schedule = { peak: rate, steps, warmupRatio: 0.04 };
  for (let step = 1; step <= steps; step++) {
    const scenes = Array.from({ length: batch }, nextScene);
    const loss = torch.scope(() => {
      const features = logitsOf(parameters, scenes);
      let total = torch.from(Float32Array.of(0), []);
      let from = 0;
      for (const [i, name] of attributeNames.entries()) {
        const count = attributes[name].length;
        const truths = scenes.map(({ truth }) => truth[name]);
        const own = torch.slice(
          torch.reshape(torch.slice(features, 1, i, i + 1), [batch, values]),
          1,
          from,
          from + count,
        );
        from += count;
        if (truths.every((truth) => truth === null)) continue;
        const targets = torch.from(
          BigInt64Array.from(truths, (truth) => BigInt(truth ?? -100)),
          [batch],
        );
        total = torch.add(
          total,
          torch.scale(torch.crossEntropy(own, targets, null, 1, -100), weights[name] ?? 1),
        );
      }
      torch.backward([total]);
      return torch.item(total);
    });
    optimiser.clip(1);
    optimiser.step(learningRate(schedule, step));
    onStep(step, loss);
  }
  optimiser.release();
}

/** Of every attribute: how often its likeliest value is right, and of how many. */
export function scoresOf(parameters: Parameters, scenes: readonly Scene[]): Readonly<Record<string, string>> {
  const { torch } = parameters;
  const right = new Map<string, [number, number]>();
  for (let at = 0; at < scenes.length; at += 50) {
    const part = scenes.slice(at, at + 50);
    const logits = torch.scope(() => torch.noGrad(() => torch.read(logitsOf(parameters, part))));
    for (const [i, { truth }] of part.entries()) {
      const guess = guessesIn(
        logits.subarray(i * attributeNames.length * values, (i + 1) * attributeNames.length * values),
      );
      for (const name of attributeNames) {
        if (truth[name] === null) continue;
        const tally = right.get(name) ?? [0, 0];
        right.set(name, [tally[0] + Number(guess[name] === truth[name]), tally[1] + 1]);
      }
    }
  }
  return Object.fromEntries(
    [...right].map(([name, [good, all]]) => [name, `${(good / all).toFixed(3)} of ${all}`]),
  );
}

/** The likeliest value of every attribute in features [attributes, values]. */
export function guessesIn(features: Float32Array): Truth {
  return Object.fromEntries(
    attributeNames.map((name, i) => {
      const from = motionConfig.attributes.slice(0, i).reduce((sum, count) => sum + count, 0);
      const own = features.subarray(i * values + from, i * values + from + attributes[name].length);
      return [name, own.reduce((best, value, at) => (value > own[best]! ? at : best), 0)];
    }),
  ) as Record<keyof Truth, number>;
}
