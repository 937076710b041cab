import { below, type Random } from './texture.ts';

/** A question and its answer. */
export interface Exchange {
  readonly question: string;
  readonly answer: string;
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[below(random, from.length)]!;
}

/** a cat, an apple, binoculars */
export function withArticle(word: string): string {
  if (/(?<!s)s$/.test(word) && !/(us|is)$/.test(word)) return word;
  return `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;
}

export const isOrAre = (word: string): string => (withArticle(word) === word ? 'are' : 'is');

/** one, two and three */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Any way in which people write it: with or without capital and mark. */
export function typed(random: Random, question: string): string {
  const roll = random();
  if (roll < 0.75) return question;
  if (roll < 0.9) return question.charAt(0).toLowerCase() + question.slice(1);
  return question.slice(0, -1).toLowerCase();
}

export const describing = [
  'What is in the video?',
  'What do you see?',
  'What do you see in this video?',
  'What does the video show?',
  'Describe the video.',
  'Describe this clip.',
  'What is this?',
  'What is shown?',
  'What is shown in the video?',
  'What can be seen?',
  'What appears in this clip?',
  'Tell me what you see.',
  'What happens in the video?',
  'What happens?',
  'What is happening here?',
  'What is the video about?',
  'Summarise the video.',
  'Give me a short description.',
  'Can you describe the video?',
  'What is going on in this video?',
  'Explain what the clip shows.',
  'What are we looking at?',
];

export const naming = [
  'Which objects appear?',
  'Name the objects.',
  'What objects are in the video?',
  'List the things that you see.',
  'Which things are shown?',
  'What things appear in the video?',
];

/** What this model cannot tell, by what it says then. */
export const beyond: readonly (readonly [answer: string, questions: readonly string[]])[] = [
  [
    'I cannot recognise people.',
    [
      'Who is in the video?',
      'Who is this?',
      'Is there a person in the video?',
      'How many people are there?',
      'How old is the woman?',
      'What is the man wearing?',
      'Who is the person on the left?',
      'Do you see a man or a woman?',
    ],
  ],
  [
    'I cannot recognise what people do.',
    [
      'What is the person doing?',
      'What is he doing?',
      'What is she doing?',
      'Is somebody running?',
      'What is the man doing with his hands?',
      'Which action is shown?',
      'Why is she doing that?',
      'What are the people doing?',
    ],
  ],
  [
    'I cannot read text in a video.',
    [
      'What does the sign say?',
      'Can you read the text?',
      'What is written there?',
      'Which words are on the screen?',
      'What is the title?',
      'What is the number on it?',
    ],
  ],
  [
    'I cannot hear the video.',
    [
      'What is being said?',
      'Which music plays?',
      'Is there any sound?',
      'What do you hear?',
      'Who is speaking?',
      'Does somebody talk?',
    ],
  ],
  [
    'I cannot tell where or when it was filmed.',
    [
      'Where was this filmed?',
      'In which country is this?',
      'Where is it?',
      'When was the video made?',
      'What time of day is it?',
      'Which city is this?',
    ],
  ],
];

export const doubts = [
  'Are you sure?',
  'How sure are you?',
  'Is that right?',
  'Do you know that for certain?',
];

export const first = [
  'What comes first?',
  'What is shown at the beginning?',
  'What do you see at the start?',
  'What is the first thing in the video?',
  'How does the video begin?',
  'Which object comes first?',
];
export const last = [
  'What comes last?',
  'What is shown at the end?',
  'What do you see at the end of the video?',
  'What is the last thing in the video?',
  'How does the video end?',
  'Which object comes last?',
];
export const middle = [
  'What is in the middle?',
  'What is shown in the middle of the video?',
  'What comes second?',
  'What is the second thing?',
];
export const howMany = [
  'How many things are shown?',
  'How many different objects are there?',
  'How many objects do you see?',
  'How many different things appear in the video?',
];
export const shots = [
  'How many shots are there?',
  'How many scenes does the video have?',
  'Are there cuts?',
  'How often does the picture change?',
  'Is it one shot?',
];
export const camera = [
  'Does the camera move?',
  'How does the camera move?',
  'What does the camera do?',
  'Is the camera still?',
  'Does it zoom?',
];
export const light = [
  'Does the scene get brighter or darker?',
  'Does the brightness change?',
  'How does the light change?',
  'Does it get darker?',
  'Does it get brighter?',
];
export const mostly = [
  'Which colour is most of the picture?',
  'What is the main colour?',
  'Which colours do you see?',
  'What color is the video mostly?',
  'What is the dominant color?',
];

export const wholeNumbers = ['no', 'one', 'two', 'three'] as const;
