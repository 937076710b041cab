import type { Conversation } from '../../../../../engine/contract/conversations.ts';
import type { VideoInfo } from '../../../../../engine/contract/video.ts';
import type { Script } from '../scripted-engine.ts';
import { scriptedVideo } from '../scripted-model.ts';

export const videos: readonly VideoInfo[] = [
  scriptedVideo(),
  scriptedVideo({
    id: 'hevc',
    path: '/media/hevc.mp4',
    name: 'hevc.mp4',
    codec: 'hevc',
    warnings: ['The file is cut off after 9.2 s; frames up to there are used.'],
  }),
  scriptedVideo({ id: 'gif', path: '/media/loop.gif', name: 'loop.gif', kind: 'gif', codec: 'gif' }),
  scriptedVideo({
    id: 'png',
    path: '/media/still.png',
    name: 'still.png',
    kind: 'image',
    seconds: 0,
    frameCount: 1,
  }),
  scriptedVideo({
    id: 'tall',
    path: '/media/tall.mp4',
    name: 'A very long file name that someone gave to a clip of the harbour at dusk, second take, final (3).mp4',
    width: 720,
    height: 1280,
  }),
];

const long = `The clip shows **a red ball** that crosses a slowly changing background.

## What happens when

1. At 0:00 the screen is empty.
2. At 0:02 the ball comes in from the left.
3. Between 3–6 s it swings up and down:
   - highest at 0:03.5
   - lowest at 5.5 s
4. It leaves at 7.5 s.

| time | ball | background |
|---|---|---|
| 0:02 | left edge | blue |
| 0:05 | middle | violet |
| 0:07 | right edge | amber |

The path is close to a sine:

\`\`\`ts
/** Height of the ball in pixels, t in seconds. */
const y = (t: number) => 360 + 160 * Math.sin(2 * t);
\`\`\`

> I only saw sixteen frames, so a faster movement between them would be lost on me.

See [the notes](https://example.org/notes), <b>raw HTML stays text</b>, and \`inline code\` reads well.`;

/** Answers by a word of the question; the first is the default. */
export const sayings: readonly (readonly [string, string])[] = [
  [
    'what is',
    'A **red ball** moves from left to right across a colourful, slowly changing background. It comes in at 0:02 and is gone by 7.5 s.',
  ],
  ['first', 'The background appears first; the ball comes in at 0:02.'],
  ['long', long],
];

const titles = [
  'What is in this video?',
  'Which animal crosses the road first?',
  'Count the cars in the second half',
  'Is the kettle boiling before the toast is done?',
  'Ein sehr langer Titel über die Fahrt durch den Tunnel und was danach geschieht, wenn die Sonne untergeht',
  'Describe the weather',
  'A red ball, frame by frame',
];

/** `count` stored conversations over the last months. */
export function fillHistory(script: Script, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = Date.now() - i * i * 700_000 - i * 1_800_000;
    const title = titles[i % titles.length] ?? '';
    const id = `h${i}`;
    const conversation: Conversation = {
      id,
      title,
      videoName: i % 5 === 4 ? null : 'sample.mp4',
      modelId: 'starter',
      createdAt: at,
      updatedAt: at,
      excerpt: null,
      video: i % 5 === 4 ? null : (videos[0] ?? null),
      videoMissing: i === 3,
      clip: i % 3 === 1 ? { from: 2, to: 7.5 } : null,
      messages: [
        { role: 'user', id: `${id}q`, text: title, createdAt: at },
        {
          role: 'assistant',
          id: `${id}a`,
          text: i === 2 ? long : (sayings[0]?.[1] ?? ''),
          createdAt: at,
          state: i === 5 ? 'interrupted' : 'done',
          stats: null,
          error: null,
        },
      ],
    };
    script.conversations.set(id, conversation);
  }
}
