import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWhole } from '../../../engine/hub/starter-files.ts';
import { loadTorch } from '../../../engine/native/load.ts';
import type { Torch } from '../../../engine/native/torch.ts';
import { Parameters } from '../../../engine/nn/torch/parameters.ts';
import type { Example } from '../../../engine/training/example.ts';
import { randomNumbers } from '../../../engine/training/random.ts';
import { openTensors } from '../../../engine/weights/open.ts';
import { safetensorsBytes } from '../../../engine/weights/write-safetensors.ts';
import { type SeenClip, seenNatural, seenShapes } from './clips.ts';
import { evaluateStarter } from './evaluate-starter.ts';
import { answerOf, exampleOf, languageModel, trainLanguage } from './language.ts';
import {
  manyTextures,
  newMotionEncoder,
  sceneSource,
  scoresOf,
  trainMotionEncoder,
} from './motion-encoder.ts';
import { readObjects } from './objects.ts';
import type { Exchange } from './phrases.ts';
import { askNatural, askShapes, shapeKinds } from './questions.ts';
import { openStarterParts } from './starter-parts.ts';
import { aboutWord, talk } from './talk.ts';
import { below } from './texture.ts';

// Trains the starter model: first its motion encoder, then the alignment of both encoders with the language model. Everything that it
// learns from is made here, from seeds. Run: npm run train-starter -- [motion] [language] [evaluate]; needs npm run native, pip and
// an hour and a half on two cores. Writes resources/starter; see resources/starter/card.md.

const root = fileURLToPath(new URL('../../..', import.meta.url));
const resources = join(root, 'resources');
const work = join(root, '.cache', 'train-starter');
const motionFile = join(resources, 'starter', 'motion.safetensors');
const adapterFile = join(resources, 'starter', 'adapter.safetensors');

/** Of the language stage: natural clips, drawn shapes, and questions about something else, each of which makes two examples. */
const counts = { natural: 1500, shapes: 800, talk: 110 } as const;
const turnsAClip = 4;
const longestTalk = 96;

async function save(file: string, parameters: Parameters, names: readonly string[]): Promise<void> {
  await mkdir(join(resources, 'starter'), { recursive: true });
  const tensors = names.map((name) => {
    const tensor = parameters.get(name);
    return { name, type: 'BF16' as const, shape: tensor.shape, values: () => parameters.torch.read(tensor) };
  });
  await writeWhole(file, safetensorsBytes(tensors));
}

function say(sentence: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${sentence}`);
}

async function trainMotion(torch: Torch): Promise<void> {
  const random = randomNumbers(7);
  const nextScene = sceneSource(random, 300);
  const parameters = newMotionEncoder(torch, random);
  let sum = 0;
  trainMotionEncoder(
    parameters,
    () => nextScene(false),
    { steps: 1000, batch: 48, rate: 2e-3 },
    (step, loss) => {
      sum += loss;
      if (step % 50 > 0) return;
      say(`motion encoder, step ${step}: loss ${(sum / 50).toFixed(3)}`);
      sum = 0;
    },
  );
  const unseen = sceneSource(randomNumbers(99), 60);
  for (const heldOut of [false, true]) {
    const scenes = Array.from({ length: 400 }, () => unseen(heldOut));
    say(
      `${heldOut ? 'combinations never learned' : 'new clips'}: ${JSON.stringify(scoresOf(parameters, scenes))}`,
    );
  }
  await save(motionFile, parameters, parameters.names());
}

async function trainAlignment(torch: Torch): Promise<void> {
  const { labels, objectEncoder, lastLayer, language, close } = await openStarterParts(
    torch,
    join(work, 'models', '.parts'),
    resources,
  );
  const motionEncoder = new Parameters(torch, { device: 'cpu', compute: 'float32', master: 'float32' });
  const encoder = await openTensors(motionFile);
  await motionEncoder.load(encoder, '', () => false);
  await encoder.close();
  const random = randomNumbers(11);
  const objects = readObjects(labels, lastLayer, randomNumbers(3));
  const eyes = { objects, objectEncoder, motionEncoder };
  const textures = manyTextures(random, 200);
  const known = objects.words.filter((_, i) => !objects.heldOut.has(i));

  const factsOf = ({ things, scene }: SeenClip) => ({ things, truth: scene.truth, others: known });

  say('loading the language model');
  const model = await languageModel(torch, language, 5);
  const examples: Example[] = [];
  const asked: Exchange[] = [];
  for (let i = 0; i < counts.talk; i++) {
    const question = talk[i] ?? aboutWord(random, known[below(random, known.length)]!);
    const { answer, ended } = answerOf(model, language, question, longestTalk);
    if (answer === '') continue;
    asked.push({ question, answer });
    // Without a video, and as a change of subject in a conversation about one.
    examples.push(exampleOf(language, null, [{ question, answer }], ended));
    const clip = seenNatural(random, eyes, textures, false);
    const before = askNatural(random, factsOf(clip));
    examples.push(exampleOf(language, clip, [before, { question, answer }], ended));
  }
  await writeFile(join(work, 'talk.json'), JSON.stringify(asked, null, 1));
  say(`${examples.length} conversations about something else`);
  for (let i = 0; i < counts.natural; i++) {
    const clip = seenNatural(random, eyes, textures, false);
    const facts = factsOf(clip);
    const exchanges = Array.from({ length: turnsAClip }, () => askNatural(random, facts));
    examples.push(exampleOf(language, clip, exchanges));
  }
  say(`${counts.natural} natural clips`);
  for (let i = 0; i < counts.shapes; i++) {
    const clip = seenShapes(random, eyes, textures, false);
    const exchanges = Array.from({ length: turnsAClip }, () =>
      askShapes(random, clip.scene.truth, known, shapeKinds[below(random, shapeKinds.length)]!),
    );
    examples.push(exampleOf(language, clip, exchanges));
  }
  say(`${counts.shapes} clips of shapes`);
  const folder = join(work, 'language');
  let losses: number[] = [];
  await trainLanguage(
    model,
    {
      rows: examples.map(({ features, ids }) => ({ picture: features !== null, words: ids.length })),
      hash: JSON.stringify(counts),
      example: async (row) => examples[row]!,
    },
    { folder, batch: 6, rate: 1e-3, seed: 5 },
    ({ step, loss, ms }) => {
      losses.push(loss);
      if (step % 10 > 0) return;
      const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
      say(`language, step ${step}: loss ${mean.toFixed(3)}, ${(ms / 1000).toFixed(1)} s a step`);
      losses = [];
    },
  );
  await close();
  await save(adapterFile, model.parameters, model.parameters.trainable());
  await rm(folder, { recursive: true, force: true });
}

const addon = join(root, '.cache', 'native', 'merv-torch.node');
if (!existsSync(addon)) throw new Error(`${addon} is missing: run npm run native first`);
const { torch } = loadTorch({ candidates: [addon], cuda: null });
const stages = process.argv.slice(2);
await mkdir(work, { recursive: true });
if (stages.length === 0 || stages.includes('motion')) await trainMotion(torch);
if (stages.length === 0 || stages.includes('language')) await trainAlignment(torch);
if (stages.length === 0 || stages.includes('evaluate'))
  await evaluateStarter(torch, { resources, work, say });
