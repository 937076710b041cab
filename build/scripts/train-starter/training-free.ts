import { join } from 'node:path';
import { contextLength, writeLanguageModelPart } from '../../../engine/hub/assemble-starter.ts';
import { commonWord } from '../../../engine/hub/common-words.ts';
import { starterPrompt } from '../../../engine/hub/starter-prompt.ts';
import { writeBundle } from '../../../engine/hub/write-bundle.ts';
import { type PartDraft, writePart } from '../../../engine/hub/write-part.ts';
import { readBundle } from '../../../engine/models/bundle.ts';
import { fromGguf as llamaFromGguf } from '../../../engine/models/llama-config.ts';
import { type VisualPath, writeVisualPath } from '../../../engine/models/write-graphs.ts';
import { fromGguf } from '../../../engine/text/gguf-tokenizer.ts';
import { openGguf } from '../../../engine/weights/gguf.ts';
import { withLlamaNames } from '../../../engine/weights/gguf-llama.ts';

export const trainingFreeId = 'training-free';

const frames = 12;
const segments = 3;
const labelWords = 3;
const positions = labelWords + 1;
const tokens = segments * positions;

/**
 * What the starter was before anything was trained, to be compared with: the object encoder's likeliest labels mixed from the
 * language model's own words, a comma behind each, and a prompt that makes a list of them. Written beside the starter.
 */
export async function writeTrainingFree(
  modelsFolder: string,
  gguf: string,
  labels: readonly string[],
): Promise<void> {
  const starter = await readBundle(modelsFolder, 'starter');
  const source = await openGguf(gguf);
  const words = withLlamaNames(source, gguf);
  const config = llamaFromGguf(source.metadata, contextLength);
  const tokenizer = fromGguf(source.metadata);
  const draft = (role: PartDraft['role'], precision: PartDraft['precision']): PartDraft => ({
    ...{
      role,
      id: `training-free-${role.toLowerCase()}`,
      name: 'Training-free',
      precision,
      licence: 'Apache-2.0',
    },
    ...{ origin: { kind: 'package', requirement: 'starter' }, inputs: [], recipe: [1] },
  });
  try {
    const language = await writePart(modelsFolder, draft('languageModel', 'int8'), (folder) =>
      writeLanguageModelPart(folder, config, words),
    );
    const visual = await writePart(modelsFolder, draft('visual', 'fp32'), async (folder) => {
      const graph = 'visual.onnx';
      const embeddings = await words.read('model.embed_tokens.weight');
      const row = (id: number) => embeddings.subarray(id * config.hidden, (id + 1) * config.hidden);
      const comma = tokenizer.encode(',')[0]!;
      const table = new Float32Array(labels.length * positions * config.hidden);
      for (const [label, name] of labels.entries()) {
        const ids = tokenizer.encode(` ${commonWord(label, name)}`).slice(0, labelWords);
        for (let at = 0; at < positions; at++) {
          table.set(row(ids[at] ?? comma), (label * positions + at) * config.hidden);
        }
      }
      const path: VisualPath = {
        encoders: [
          {
            id: 'objects',
            shape: [frames, 1, labels.length],
            projector: { kind: 'label-mixture', segments, words: positions, keep: 3 },
            weights: {
              tensors: new Map([['labels', { shape: [labels.length, positions * config.hidden] }]]),
              read: async () => table,
            },
          },
        ],
        fusion: { kind: 'concat' },
      };
      await writeVisualPath(join(folder, graph), path);
      const encoders = [{ id: 'objects', frames, visualTokens: tokens }];
      return {
        role: 'visual',
        graph,
        projector: 'label-mixture',
        fusion: 'concat',
        encoders,
        tokens,
        mixing: false,
      };
    });
    await writeBundle(modelsFolder, {
      ...starter,
      id: trainingFreeId,
      name: 'Training-free',
      encoders: starter.encoders.slice(0, 1),
      visual: { part: visual.key },
      languageModel: { part: language.key },
      prompt: {
        ...starterPrompt(source.metadata),
        system: 'The video shows a<video> and nothing else. Answer in one short sentence.',
      },
    });
  } finally {
    await source.close();
  }
}
