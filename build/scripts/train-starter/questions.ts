import { attributes } from '../../../engine/hub/starter-attributes.ts';
import { type Truth, wordOf } from './attributes.ts';
import {
  beyond,
  camera,
  capital,
  describing,
  doubts,
  type Exchange,
  first,
  howMany,
  isOrAre,
  last,
  light,
  listed,
  middle,
  mostly,
  naming,
  pick,
  shots as shotsAsked,
  typed,
  wholeNumbers,
  withArticle,
} from './phrases.ts';
import { below, type Random } from './texture.ts';

/** What the encoder makes of one shot. */
export interface SeenThing {
  readonly word: string;
  readonly sure: 'yes' | 'maybe' | 'no';
}

/** A natural clip: a thing a shot. `others`: words that may be asked for though they are not there. */
export interface NaturalFacts {
  readonly things: readonly SeenThing[];
  readonly truth: Truth;
  readonly others: readonly string[];
}

export interface Asked extends Exchange {
  readonly kind: string;
}

const unknown = 'something that I do not recognise';

function named({ word, sure }: SeenThing): string {
  switch (sure) {
    case 'yes':
      return withArticle(word);
    case 'maybe':
      return `what may be ${withArticle(word)}`;
    case 'no':
      return unknown;
  }
}

function description(things: readonly SeenThing[]): string {
  const [a, b, c] = things;
  if (a === undefined) return 'I cannot tell what the video shows.';
  if (b === undefined) {
    if (a.sure === 'yes') return `The video shows ${withArticle(a.word)}.`;
    return a.sure === 'maybe'
      ? `It may be ${withArticle(a.word)}, but I am not sure.`
      : 'I cannot tell what the video shows.';
  }
  if (things.every(({ sure }) => sure === 'no')) return 'I cannot tell what the video shows.';
  if (c === undefined) return `First ${named(a)}, then ${named(b)}.`;
  return `First ${named(a)}, then ${named(b)}, and at the end ${named(c)}.`;
}

/** The facts without shots of the same word one after the other. */
export function merged(things: readonly SeenThing[]): readonly SeenThing[] {
  return things.filter((thing, i) => i === 0 || things[i - 1]!.word !== thing.word);
}

const kinds: readonly (readonly [kind: string, weight: number])[] = [
  ['describe', 26],
  ['name', 5],
  ['first', 5],
  ['last', 5],
  ['middle', 4],
  ['count', 7],
  ['there', 12],
  ['not there', 10],
  ['when', 5],
  ['order', 9],
  ['next', 4],
  ['sure', 5],
  ['beyond', 9],
  ['colour', 3],
  ['mostly', 4],
  ['camera', 6],
  ['light', 5],
  ['shots', 4],
];

function drawnKind(random: Random): string {
  let left = below(
    random,
    kinds.reduce((sum, [, weight]) => sum + weight, 0),
  );
  for (const [kind, weight] of kinds) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'describe';
}

/** A question about a natural clip, of any kind that it allows. */
export function askNatural(random: Random, facts: NaturalFacts): Asked {
  for (;;) {
    const kind = drawnKind(random);
    const made = naturalOf(random, facts, kind);
    if (made !== null) return { kind, question: typed(random, made.question), answer: made.answer };
  }
}

/**
 * Null where the clip allows no question of the kind. What is reckoned from several things (number, order) stands behind them in the
 * answer: so small a language model reckons right only with what it has written down.
 */
export function naturalOf(
  random: Random,
  { things, truth, others }: NaturalFacts,
  kind: string,
): Exchange | null {
  const sure = things.filter((thing) => thing.sure === 'yes');
  const one = sure.length > 0 ? pick(random, sure) : null;
  const many = things.length > 1;
  const allSure = sure.length === things.length;
  switch (kind) {
    case 'describe':
      return { question: pick(random, describing), answer: description(things) };
    case 'name': {
      const names = things.filter((thing) => thing.sure !== 'no').map(named);
      const answer = names.length === 0 ? 'I do not recognise any object.' : `I see ${listed(names)}.`;
      return { question: pick(random, naming), answer };
    }
    case 'first':
    case 'last': {
      const thing = kind === 'first' ? things[0]! : things.at(-1)!;
      const place = kind === 'first' ? 'At the beginning' : 'At the end';
      const question = pick(random, kind === 'first' ? first : last);
      if (thing.sure === 'no') return { question, answer: `${place} there is ${unknown}.` };
      return { question, answer: `${place} there ${isOrAre(thing.word)} ${named(thing)}.` };
    }
    case 'middle':
      if (things.length !== 3) return null;
      return { question: pick(random, middle), answer: `In the middle there is ${named(things[1]!)}.` };
    case 'count': {
      if (!allSure || new Set(things.map(({ word }) => word)).size !== things.length) return null;
      const seen = listed(things.map(named));
      const answer = `${capital(seen)}, so ${wholeNumbers[things.length]}.`;
      return { question: pick(random, howMany), answer };
    }
    case 'there': {
      const thing = pick(random, things);
      if (thing.sure === 'no') return null;
      const { question } = isThere(random, thing.word);
      const answer =
        thing.sure === 'yes'
          ? `Yes, there ${isOrAre(thing.word)} ${withArticle(thing.word)}.`
          : `There may be ${withArticle(thing.word)}, but I am not sure.`;
      return { question, answer };
    }
    case 'not there': {
      const word = pick(random, others);
      if (things.some((thing) => thing.word === word)) return null;
      return { question: isThere(random, word).question, answer: `No, I do not see ${withArticle(word)}.` };
    }
    case 'when': {
      if (one === null) return null;
      const question = pick(random, [
        `When does the ${one.word} appear?`,
        `When is the ${one.word} shown?`,
        `Where in the video is the ${one.word}?`,
      ]);
      const at = things.indexOf(one);
      const answer = !many
        ? 'The whole time.'
        : at === 0
          ? 'At the beginning.'
          : at === things.length - 1
            ? 'At the end.'
            : 'In the middle.';
      return { question, answer };
    }
    case 'order': {
      if (!allSure || !many) return null;
      const [a, b] = [below(random, things.length), below(random, things.length)];
      if (things[a]!.word === things[b]!.word) return null;
      const [before, after] = [things[Math.min(a, b)]!.word, things[Math.max(a, b)]!.word];
      return {
        question: `Does the ${things[a]!.word} come before the ${things[b]!.word}?`,
        answer: `First the ${before}, then the ${after}, so ${a < b ? 'yes' : 'no'}.`,
      };
    }
    case 'next': {
      if (!allSure || !many) return null;
      const at = below(random, things.length - 1);
      const after = random() < 0.5;
      const [known, wanted] = after ? [things[at]!, things[at + 1]!] : [things[at + 1]!, things[at]!];
      return {
        question: `What comes ${after ? 'after' : 'before'} the ${known.word}?`,
        answer: `${after ? 'After' : 'Before'} the ${known.word} comes ${withArticle(wanted.word)}.`,
      };
    }
    case 'sure': {
      const answer = allSure ? 'Yes, fairly sure.' : 'No, I am not sure.';
      return { question: pick(random, doubts), answer };
    }
    case 'beyond': {
      const [answer, questions] = pick(random, beyond);
      return { question: pick(random, questions), answer };
    }
    case 'colour': {
      if (one === null) return null;
      const whole =
        truth.mostly === null ? '' : `, but the picture is mostly ${wordOf('mostly', truth.mostly)}`;
      return {
        question: pick(random, [
          `What colour is the ${one.word}?`,
          `What color is the ${one.word}?`,
          'What colour is it?',
        ]),
        answer: `I cannot tell the colour of single things${whole}.`,
      };
    }
    default:
      return ofPicture(random, truth, kind);
  }
}

function isThere(random: Random, word: string): { readonly question: string } {
  const thing = withArticle(word);
  const verb = isOrAre(word);
  const questions = [
    `${verb === 'is' ? 'Is' : 'Are'} there ${thing} in the video?`,
    `${verb === 'is' ? 'Is' : 'Are'} there ${thing}?`,
    `Do you see ${thing}?`,
    `Does the video show ${thing}?`,
    `Can you see ${thing}?`,
    `Does ${thing} appear?`,
  ];
  return { question: pick(random, questions) };
}

/** What holds of any clip: camera, light, shots, colour. */
function ofPicture(random: Random, truth: Truth, kind: string): Exchange | null {
  switch (kind) {
    case 'camera': {
      const moves = [
        'The camera stays still.',
        'The camera moves to the left.',
        'The camera moves to the right.',
        'The camera comes closer.',
        'The camera goes away.',
      ];
      return { question: pick(random, camera), answer: moves[truth.camera ?? 0]! };
    }
    case 'light': {
      const changes = ['It gets brighter.', 'It gets darker.', 'The brightness stays the same.'];
      return truth.light === null ? null : { question: pick(random, light), answer: changes[truth.light]! };
    }
    case 'shots': {
      const answers = ['It is one shot, without a cut.', 'There are two shots.', 'There are three shots.'];
      return truth.shots === null
        ? null
        : { question: pick(random, shotsAsked), answer: answers[truth.shots]! };
    }
    case 'mostly': {
      const answer =
        truth.mostly === null
          ? 'No single colour: it has several.'
          : `Mostly ${wordOf('mostly', truth.mostly)}.`;
      return { question: pick(random, mostly), answer };
    }
    default:
      return null;
  }
}

/** Two red circles move left while it gets darker. */
function shapesDescription(truth: Truth): string {
  const plural = truth.count! > 0;
  const shape = `${wordOf('shape', truth.shape!)}${plural ? 's' : ''}`;
  const count = wordOf('count', truth.count!);
  const way = wordOf('direction', truth.direction!);
  const moves =
    way === 'still' ? (plural ? 'stay still' : 'stays still') : `${plural ? 'move' : 'moves'} ${way}`;
  const change = ['while it gets brighter', 'while it gets darker', ''][truth.light!]!;
  const sentence = `${count} ${wordOf('colour', truth.colour!)} ${shape} ${moves} ${change}`.trim();
  return `${capital(sentence)}.`;
}

export const shapeKinds = [
  'describe',
  'colour',
  'shape',
  'direction',
  'count',
  'light',
  'is it',
  'more',
] as const;
export type ShapeKind = (typeof shapeKinds)[number];

/** A question about a clip of drawn shapes. */
export function askShapes(random: Random, truth: Truth, others: readonly string[], kind: ShapeKind): Asked {
  const { question, answer } = shapeExchange(random, truth, others, kind);
  return { kind, question: typed(random, question), answer };
}

export function shapeExchange(
  random: Random,
  truth: Truth,
  others: readonly string[],
  kind: ShapeKind,
): Exchange {
  const plural = truth.count! > 0;
  const shape = wordOf('shape', truth.shape!);
  const it = plural ? 'They' : 'It';
  const way = wordOf('direction', truth.direction!);
  const colour = wordOf('colour', truth.colour!);
  switch (kind) {
    case 'describe':
      return { question: pick(random, [...describing, ...naming]), answer: shapesDescription(truth) };
    case 'colour': {
      const asked = [
        'What colour is the shape?',
        'What color is it?',
        'Which colour do the shapes have?',
        `What colour is the ${shape}?`,
        'What color are they?',
      ];
      return { question: pick(random, asked), answer: `${it} ${plural ? 'are' : 'is'} ${colour}.` };
    }
    case 'shape': {
      const asked = [
        'Which shape is it?',
        'What shape do you see?',
        'Is it a circle, a square or a triangle?',
        'Which form does it have?',
      ];
      return { question: pick(random, asked), answer: plural ? `They are ${shape}s.` : `It is a ${shape}.` };
    }
    case 'direction': {
      const asked = [
        'Which way does it move?',
        'In which direction do they move?',
        'Where does it move?',
        `How does the ${shape} move?`,
        'Does it move?',
      ];
      const answer =
        way === 'still'
          ? `${it} ${plural ? 'stay' : 'stays'} still.`
          : `${it} ${plural ? 'move' : 'moves'} ${way}.`;
      return { question: pick(random, asked), answer };
    }
    case 'count': {
      const asked = [
        'How many shapes are there?',
        'How many do you see?',
        `How many ${shape}s are there?`,
        'How many objects are shown?',
      ];
      const number = wordOf('count', truth.count!);
      return { question: pick(random, asked), answer: `There ${plural ? 'are' : 'is'} ${number}.` };
    }
    case 'light':
      return ofPicture(random, truth, 'light')!;
    case 'is it':
      return isIt(random, truth);
    case 'more': {
      const roll = random();
      if (roll < 0.4) {
        const [answer, questions] = pick(random, beyond);
        return { question: pick(random, questions), answer };
      }
      if (roll < 0.8) {
        const word = pick(random, others);
        return { question: isThere(random, word).question, answer: `No, I see only drawn shapes.` };
      }
      return { question: pick(random, camera), answer: 'The camera stays still.' };
    }
  }
}

function isIt(random: Random, truth: Truth): Exchange {
  const attribute = pick(random, ['colour', 'shape', 'direction'] as const);
  const right = truth[attribute]!;
  const asked = random() < 0.5 ? right : below(random, attributes[attribute].length);
  const plural = truth.count! > 0;
  const yes = asked === right ? 'Yes' : 'No';
  const [isWord, asks, wanted] = [wordOf(attribute, right), wordOf(attribute, asked), plural ? 'They' : 'It'];
  switch (attribute) {
    case 'colour':
      return {
        question: plural ? `Are they ${asks}?` : `Is it ${asks}?`,
        answer: `${yes}, ${wanted.toLowerCase()} ${plural ? 'are' : 'is'} ${isWord}.`,
      };
    case 'shape':
      return {
        question: plural ? `Are they ${asks}s?` : `Is it a ${asks}?`,
        answer: plural ? `${yes}, they are ${isWord}s.` : `${yes}, it is a ${isWord}.`,
      };
    case 'direction': {
      const moves =
        isWord === 'still'
          ? plural
            ? 'stay still'
            : 'stays still'
          : `${plural ? 'move' : 'moves'} ${isWord}`;
      return {
        question:
          asks === 'still'
            ? plural
              ? 'Do they stay still?'
              : 'Does it stay still?'
            : `${plural ? 'Do they' : 'Does it'} move ${asks}?`,
        answer: `${yes}, ${wanted.toLowerCase()} ${moves}.`,
      };
    }
  }
}
