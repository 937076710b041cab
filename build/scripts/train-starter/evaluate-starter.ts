import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setUpStarter } from '../../../engine/hub/setup.ts';
import type { Torch } from '../../../engine/native/torch.ts';
import { Parameters } from '../../../engine/nn/torch/parameters.ts';
import { randomNumbers } from '../../../engine/training/random.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import { type SeenClip, seenNatural } from './clips.ts';
import {
  type Judged,
  naturalQuestions,
  Respondent,
  shapeQuestions,
  type Tally,
  writeClip,
  written,
} from './evaluate.ts';
import { manyTextures } from './motion-encoder.ts';
import { readObjects } from './objects.ts';
import { openStarterParts } from './starter-parts.ts';
import { talk } from './talk.ts';
import { trainingFreeId, writeTrainingFree } from './training-free.ts';
import { shapesScene } from './world.ts';

/** Clips of each kind; questions are several a clip. */
const counts = { shapes: 50, known: 35, unknown: 35 } as const;

interface Places {
  readonly resources: string;
  readonly work: string;
  readonly say: (sentence: string) => void;
}

type Score = Map<string, Tally>;

/**
 * Asks the starter as it is assembled from resources/starter, and the starter as it was without any training, the same
 * questions about clips that nothing was learned from. Prints a table and writes all answers to evaluation.json.
 */
export async function evaluateStarter(torch: Torch, { resources, work, say }: Places): Promise<void> {
  const modelsFolder = join(work, 'models');
  const signal = new AbortController().signal;
  await setUpStarter({ modelsFolder, resourcesFolder: resources, signal, onProgress: () => {} });
  const { labels, lastLayer, objectEncoder, gguf, close } = await openStarterParts(
    torch,
    join(modelsFolder, '.parts'),
    resources,
  );
  await close();
  await writeTrainingFree(modelsFolder, gguf, labels);
  const motionEncoder = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  const encoder = await openTensors(join(resources, 'starter', 'motion.safetensors'));
  await motionEncoder.load(encoder, '', () => false);
  await encoder.close();
  const objects = readObjects(labels, lastLayer, randomNumbers(3));
  const eyes = { objects, objectEncoder, motionEncoder };
  const random = randomNumbers(2026);
  const textures = manyTextures(random, 60);
  const trained = await Respondent.open(modelsFolder, 'starter');
  const free = await Respondent.open(modelsFolder, trainingFreeId);
  const scores: { readonly trained: Score; readonly free: Score } = { trained: new Map(), free: new Map() };
  const answers: unknown[] = [];
  const judge = async (
    given: readonly Float32Array[],
    { question, answer, group, right }: Judged,
    set: string,
  ) => {
    const name = `${group}${set}`;
    const said = { trained: await trained.answer(given, question), free: await free.answer(given, question) };
    for (const who of ['trained', 'free'] as const) {
      const tally = scores[who].get(name) ?? { right: 0, all: 0 };
      scores[who].set(name, { right: tally.right + Number(right(said[who])), all: tally.all + 1 });
    }
    const good = { trained: right(said.trained), free: right(said.free) };
    answers.push({ name, question, wanted: answer, said, good });
  };

  const clips = join(work, 'clips');
  await mkdir(clips, { recursive: true });
  for (let i = 0; i < counts.shapes; i++) {
    const scene = shapesScene(random, textures, i % 2 === 1);
    const path = join(clips, `${i}.mp4`);
    await writeClip(scene, path);
    const features = await trained.featuresOf(path);
    for (const judged of shapeQuestions(random, scene)) await judge(features, judged, '');
  }
  say(`${counts.shapes} drawn videos`);
  const known = objects.words.filter((_, i) => !objects.heldOut.has(i));
  const ask = async (clip: SeenClip, set: string) => {
    for (const judged of naturalQuestions(random, clip, known)) await judge(clip.features, judged, set);
  };
  for (let i = 0; i < counts.known; i++) await ask(seenNatural(random, eyes, textures, false), '');
  for (let i = 0; i < counts.unknown; i++)
    await ask(seenNatural(random, eyes, textures, true), ', words never learned');

  const chat: unknown[] = [];
  for (const question of talk.slice(0, 12)) {
    const said = { trained: await trained.answer(null, question), free: await free.answer(null, question) };
    chat.push({ question, said });
  }
  await writeFile(join(work, 'evaluation.json'), JSON.stringify({ answers, chat }, null, 1));
  const sum = (score: Score): Tally =>
    [...score.values()].reduce((a, b) => ({ right: a.right + b.right, all: a.all + b.all }), {
      right: 0,
      all: 0,
    });
  for (const name of [...scores.trained.keys()].sort()) {
    say(`| ${name} | ${written(scores.trained.get(name)!)} | ${written(scores.free.get(name)!)} |`);
  }
  say(`| all | ${written(sum(scores.trained))} | ${written(sum(scores.free))} |`);
  await trained.close();
  await free.close();
}
