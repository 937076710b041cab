import { modulePrefixes } from '../models/module-prefixes.ts';
import { overlaid } from '../models/overlay.ts';
import type { VisualPath } from '../models/write-graphs.ts';
import type { Weights } from '../nn/weights.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { commonWord } from './common-words.ts';
import { attributeNames, attributes } from './starter-attributes.ts';

export const starterEncoders = {
  objects: { id: 'objects', frames: 12 },
  motion: { id: 'motion', frames: 6 },
} as const;

/** Parts that a clip is cut into, and classes that take part in the mixture of each. */
const segments = 6;
export const keptLabels = 16;
/** Token positions of a label, and one more behind them, which tells how sure the encoder is. */
const labelWords = 3;
const positions = labelWords + 1;

const values = attributeNames.flatMap((name) => [...attributes[name]]);

/**
 * The starter's projectors: both encoders are classifiers, and what they say is told to the language model in its own words'
 * embeddings. `words` are the language model's weights; `trained`, by the names of training, holds what was learned on top: the
 * row of the unsure and the attributes' words.
 */
export async function starterVisual(
  labels: readonly string[],
  tokenizer: Tokenizer,
  words: Weights,
  hidden: number,
  trained: Weights | null,
): Promise<VisualPath> {
  const embeddings = await words.read('model.embed_tokens.weight');
  const row = (id: number) => embeddings.subarray(id * hidden, (id + 1) * hidden);
  const single = (text: string) => row(tokenizer.encode(text)[0]!);
  const own: readonly Weights[] = [
    {
      tensors: new Map([
        ['labels', { shape: [labels.length, positions * hidden] }],
        ['unsure', { shape: [1, positions * hidden] }],
      ]),
      read: async (name) =>
        name === 'labels'
          ? labelRows(
              labels.map((label, i) => tokenizer.encode(` ${commonWord(i, label)}`)),
              { row, comma: single(','), hidden },
            )
          : Float32Array.from(Array.from({ length: positions }, () => [...single(' something')]).flat()),
    },
    {
      tensors: new Map([['labels', { shape: [values.length, hidden] }]]),
      read: async () => Float32Array.from(values.flatMap((word) => [...single(` ${word}`)])),
    },
  ];
  const weights = own.map((each, i) =>
    trained === null ? each : overlaid(each, trained, modulePrefixes.projector(i), null),
  );
  const { objects, motion } = starterEncoders;
  return {
    encoders: [
      {
        id: objects.id,
        shape: [objects.frames, 1, labels.length],
        projector: { kind: 'label-mixture', segments, words: positions, keep: keptLabels },
        weights: weights[0]!,
      },
      {
        id: motion.id,
        shape: [1, attributeNames.length, values.length],
        projector: {
          kind: 'label-mixture',
          segments: attributeNames.length,
          words: 1,
          keep: Math.max(...attributeNames.map((name) => attributes[name].length)),
        },
        weights: weights[1]!,
      },
    ],
    fusion: { kind: 'concat' },
  };
}

/** [classes, positions·hidden]: the embeddings of each label's tokens (cut or filled with commas), then of a comma. */
function labelRows(
  labels: readonly (readonly number[])[],
  {
    row,
    comma,
    hidden,
  }: { readonly row: (id: number) => Float32Array; readonly comma: Float32Array; readonly hidden: number },
): Float32Array {
  const width = positions * hidden;
  const table = new Float32Array(labels.length * width);
  for (const [label, ids] of labels.entries()) {
    for (let position = 0; position < positions; position++) {
      const id = position < labelWords ? ids[position] : undefined;
      table.set(id === undefined ? comma : row(id), label * width + position * hidden);
    }
  }
  return table;
}
