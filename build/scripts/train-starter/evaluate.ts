import { spawn } from 'node:child_process';
import { planClip } from '../../../engine/answering/clip-features.ts';
import { layoutPrompt } from '../../../engine/answering/context.ts';
import { LoadedModel } from '../../../engine/answering/loaded-model.ts';
import { samplingSchema } from '../../../engine/contract/sampling.ts';
import { type Attribute, attributes } from '../../../engine/hub/starter-attributes.ts';
import { onProcessor } from '../../../engine/runtime/graph-session.ts';
import { decodeFrames } from '../../../engine/video/decode.ts';
import { findFfmpeg } from '../../../engine/video/ffmpeg.ts';
import { openVideo } from '../../../engine/video/video.ts';
import type { SeenClip } from './clips.ts';
import type { Exchange } from './phrases.ts';
import { naturalOf, type ShapeKind, shapeExchange } from './questions.ts';
import type { Random } from './texture.ts';
import type { Scene } from './world.ts';

const sampling = samplingSchema.parse({ maxTokens: 40, seed: 0 });
const signal = new AbortController().signal;

/** Right of all, with the 95 % interval of a proportion (Wilson 1927). */
export interface Tally {
  right: number;
  all: number;
}

export function written({ right, all }: Tally): string {
  const p = right / all;
  const z = 1.96;
  const middle = (p + z ** 2 / (2 * all)) / (1 + z ** 2 / all);
  const half = (z / (1 + z ** 2 / all)) * Math.sqrt((p * (1 - p)) / all + z ** 2 / (4 * all ** 2));
  const percent = (value: number) => `${Math.round(100 * value)}`;
  return `${percent(p)} % (${percent(Math.max(0, middle - half))} to ${percent(Math.min(1, middle + half))}; ${right} of ${all})`;
}

/** One model, asked with a clip's features as they are, or with a video through the whole way of a question. */
export class Respondent {
  private readonly model: LoadedModel;
  private asked = 0;

  private constructor(model: LoadedModel) {
    this.model = model;
  }

  static async open(modelsFolder: string, id: string): Promise<Respondent> {
    return new Respondent(await LoadedModel.open(modelsFolder, id, onProcessor));
  }

  /** Of a video file: decoded and encoded as for any question. */
  async featuresOf(path: string): Promise<readonly Float32Array[]> {
    const video = await openVideo(path, { ffmpeg: await findFfmpeg(), signal });
    const plan = planClip(this.model.model, video, null)!;
    const all: Float32Array[] = [];
    for (const { encoder, indexes } of plan.encoders) {
      const frames = await decodeFrames(video, indexes, { signal, onWarning: () => {} });
      const work = this.model.visual.encode(encoder, frames);
      let step = await work.next();
      while (!step.done) step = await work.next();
      all.push(step.value);
    }
    return all;
  }

  /** The likeliest answer; null features: without a video. */
  async answer(features: readonly Float32Array[] | null, question: string): Promise<string> {
    const { model } = this;
    const own = features?.slice(0, model.model.encoders.length) ?? null;
    const segments = await model.prompt([{ role: 'user', text: question }], own !== null);
    const prompt = layoutPrompt(segments, own === null ? null : `clip ${this.asked++}`, model.visualTokens);
    const visual = own === null ? null : (await model.visual.embed(own)).embeddings;
    const work = (await model.text()).generate(prompt, visual, sampling, signal);
    let text = '';
    for await (const event of work) if (event.type === 'token') text += event.text;
    return text.trim();
  }

  async close(): Promise<void> {
    await this.model.release();
  }
}

/** Writes a scene as a video of two seconds at 24 frames a second, with H.264's losses. */
export async function writeClip(scene: Scene, path: string): Promise<void> {
  const side = 192;
  const frames = 48;
  const { program } = await findFfmpeg();
  const given = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${side}x${side}`, '-r', '24', '-i', '-'];
  const made = ['-c:v', 'libx264', '-crf', '20', '-pix_fmt', 'yuv420p', '-g', '24', path];
  const child = spawn(program, ['-v', 'error', '-y', ...given, ...made], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for (let i = 0; i < frames; i++) {
    if (!child.stdin.write(scene.draw(i / (frames - 1), side))) {
      await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
  }
  child.stdin.end();
  if ((await ended) !== 0) throw new Error(`ffmpeg could not write ${path}`);
}

function says(answer: string, word: string): boolean {
  return new RegExp(`(?<![a-z])${word.replace(/[^\w]/g, '.')}(s|es)?(?![a-z])`, 'i').test(answer);
}

/** Whether the attribute's right word is in the answer, and no other of its words. */
function saysAttribute(answer: string, attribute: Attribute, value: number): boolean {
  return attributes[attribute].every((word, i) => says(answer, word) === (i === value));
}

/** A question about a drawn clip and how its answer is judged. */
export interface Judged extends Exchange {
  readonly group: string;
  right(answer: string): boolean;
}

const told = { colour: 'colour', shape: 'shape', direction: 'direction', count: 'count' } as const;

/** Of a clip of shapes. */
export function shapeQuestions(random: Random, { truth }: Scene): readonly Judged[] {
  const ask = (kind: ShapeKind) => shapeExchange(random, truth, [], kind);
  return [
    ...Object.values(told).map(
      (attribute): Judged => ({
        ...ask(attribute),
        group: `drawn shapes: ${attribute}`,
        right: (answer) => saysAttribute(answer, attribute, truth[attribute]!),
      }),
    ),
    {
      ...ask('describe'),
      group: 'drawn shapes: whole description',
      right: (answer) =>
        Object.values(told).every((attribute) => saysAttribute(answer, attribute, truth[attribute]!)),
    },
    {
      ...ask('light'),
      group: 'light',
      right: (answer) => lightIn(answer) === truth.light,
    },
  ];
}

function lightIn(answer: string): number {
  if (/bright(er|ens)/i.test(answer) && !/dark/i.test(answer)) return 0;
  return /dark/i.test(answer) && !/bright(er|ens)/i.test(answer) ? 1 : 2;
}

/** Of a natural clip: those kinds that it allows. */
export function naturalQuestions(
  random: Random,
  clip: SeenClip,
  others: readonly string[],
): readonly Judged[] {
  const { things, scene } = clip;
  const facts = { things, truth: scene.truth, others };
  const sure = things.filter((thing) => thing.sure === 'yes').map(({ word }) => word);
  const hasAll = (answer: string) => sure.every((word) => says(answer, word));
  const rules: Readonly<Record<string, (answer: string, wanted: string) => boolean>> = {
    describe: (answer) =>
      sure.length > 0 ? hasAll(answer) : /not sure|may be|cannot|not recogni/i.test(answer),
    first: (answer) =>
      says(answer, things[0]!.word) && things.slice(1).every(({ word }) => !says(answer, word)),
    last: (answer) =>
      says(answer, things.at(-1)!.word) && things.slice(0, -1).every(({ word }) => !says(answer, word)),
    there: (answer, wanted) => /^yes/i.test(answer) === /^yes/i.test(wanted),
    'not there': (answer) => /^no\b|not /i.test(answer),
    count: (answer, wanted) =>
      says(answer, wanted.split(', so ')[1]!.slice(0, -1)) ||
      new RegExp(`\\b${things.length}\\b`).test(answer),
    order: (answer, wanted) =>
      /\byes\b/i.test(answer) !== /\bno\b/i.test(answer) &&
      /\byes\b/i.test(answer) === /\byes\b/i.test(wanted),
    beyond: (answer) => /cannot|can't|not (able|sure|recogni)|unable/i.test(answer),
  };
  return Object.entries(rules).flatMap(([kind, rule]): Judged[] => {
    if ((kind === 'first' || kind === 'last') && things.some((thing) => thing.sure !== 'yes')) return [];
    const made = naturalOf(random, facts, kind);
    if (made === null) return [];
    return [{ ...made, group: `objects: ${kind}`, right: (answer) => rule(answer, made.answer) }];
  });
}
