import { commonWord } from '../../../engine/hub/common-words.ts';
import { shuffled } from '../../../engine/training/random.ts';
import { below, between, type Random } from './texture.ts';

/** The classes of the object encoder by the words that they are called. */
export interface Objects {
  readonly words: readonly string[];
  /** Word number of every class, and classes of every word. */
  readonly wordOf: readonly number[];
  readonly classesOf: readonly (readonly number[])[];
  /** Of every class those that the encoder's last layer takes for alike, the likest first. */
  readonly alike: readonly (readonly number[])[];
  /** Word numbers that nothing is learned about. */
  readonly heldOut: ReadonlySet<number>;
}

const alikeKept = 24;
const heldOutPart = 0.1;

/** `last`: weights of the encoder's last layer, [classes, width]. */
export function readObjects(labels: readonly string[], last: Float32Array, random: Random): Objects {
  const called = labels.map((name, i) => commonWord(i, name));
  const words = [...new Set(called)];
  const wordOf = called.map((word) => words.indexOf(word));
  const classesOf = words.map((_, number) => wordOf.flatMap((own, i) => (own === number ? [i] : [])));
  const held = shuffled(words.length, random).slice(0, Math.round(heldOutPart * words.length));
  return { words, wordOf, classesOf, alike: alikeIn(labels.length, last), heldOut: new Set(held) };
}

function alikeIn(classes: number, last: Float32Array): readonly (readonly number[])[] {
  const width = last.length / classes;
  const mean = new Float32Array(width);
  for (let i = 0; i < last.length; i++) mean[i % width] = mean[i % width]! + last[i]! / classes;
  const rows = Array.from({ length: classes }, (_, i) => {
    const row = last.slice(i * width, (i + 1) * width).map((value, at) => value - mean[at]!);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    return row.map((value) => value / length);
  });
  return rows.map((row, i) => {
    const near = rows.map((other, j) => {
      let sum = 0;
      for (let at = 0; at < width; at++) sum += row[at]! * other[at]!;
      return { j, sum: i === j ? -1 : sum };
    });
    return near
      .sort((a, b) => b.sum - a.sum)
      .slice(0, alikeKept)
      .map(({ j }) => j);
  });
}

/**
 * Class probabilities as the encoder gives them for a picture of one of a word's classes: that class (or its sisters of the same word),
 * those that it is easily taken for, and a little of everything.
 */
export function probabilitiesOf(objects: Objects, word: number, sure: number, random: Random): Float32Array {
  const classes = objects.wordOf.length;
  const own = objects.classesOf[word]!;
  const main = own[below(random, own.length)]!;
  const chances = new Float32Array(classes);
  const spread = (members: readonly number[], mass: number, sharpness: number): void => {
    const shares = members.map(() => Math.exp(sharpness * Math.log(random() + 1e-6)));
    const sum = shares.reduce((a, b) => a + b, 0);
    for (const [i, member] of members.entries())
      chances[member] = chances[member]! + (mass * shares[i]!) / sum;
  };
  const sisters = own.length === 1 ? 0 : between(random, 0, 0.8);
  chances[main] = sure * (1 - sisters);
  if (sisters > 0) spread(own, sure * sisters, 3);
  const confused = between(random, 0.4, 0.95);
  spread(objects.alike[main]!, (1 - sure) * confused, between(random, 1, 5));
  spread(
    Array.from({ length: 40 }, () => below(random, classes)),
    (1 - sure) * (1 - confused),
    between(random, 1, 5),
  );
  return chances;
}

/** Logits that a softmax takes back to the probabilities, give or take what differs from frame to frame. */
export function logitsOf(chances: Float32Array, unrest: number, random: Random): Float32Array {
  return chances.map((chance) => {
    const gauss = random() + random() + random() + random() - 2;
    return Math.log(chance + 2e-6) + unrest * gauss * 1.7;
  });
}

/** The word that has most of the mean probability of some frames, and how much, among the `keep` likeliest classes. */
export function seenWord(
  objects: Objects,
  frames: readonly Float32Array[],
  keep: number,
): { readonly word: number; readonly mass: number } {
  const classes = objects.wordOf.length;
  const mean = new Float32Array(classes);
  for (const logits of frames) {
    const top = Math.max(...logits);
    const powers = logits.map((value) => Math.exp(value - top));
    const sum = powers.reduce((a, b) => a + b, 0);
    for (let i = 0; i < classes; i++) mean[i] = mean[i]! + powers[i]! / sum / frames.length;
  }
  const order = Array.from(mean.keys()).sort((a, b) => mean[b]! - mean[a]!);
  const masses = new Map<number, number>();
  for (const i of order.slice(0, keep)) {
    const word = objects.wordOf[i]!;
    masses.set(word, (masses.get(word) ?? 0) + mean[i]!);
  }
  const [best] = [...masses].sort((a, b) => b[1] - a[1]);
  return { word: best![0], mass: best![1] };
}
