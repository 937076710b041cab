import type { Tensor } from '../native/tensor.ts';
import { KeyValueCache } from '../nn/torch/attention.ts';
import type { Example } from './example.ts';
import { fuseBatch } from './fused-batch.ts';
import type { TrainingModel } from './training-model.ts';

export interface GenerateOptions {
  /** Ids in front of the video: 1 where the tokenizer has a BOS. */
  readonly begin: 0 | 1;
  /** Tokens of the answer at most. */
  readonly most: number;
  /** Ids that end it; they are not part of it. */
  readonly stop: ReadonlySet<number>;
}

/** The model's answer to a prompt as it stands in training, the likeliest token each time. Labels are not looked at. */
export function generate(
  model: TrainingModel,
  prompt: Pick<Example, 'ids' | 'features' | 'place'>,
  { begin, most, stop }: GenerateOptions,
): readonly number[] {
  const { torch, options } = model.parameters;
  const cache = new KeyValueCache();
  const likeliest = (embeddings: Tensor): number => {
    const before = cache.tensors();
    const { id } = torch.scope(() => {
      const outputs = model.layers(embeddings, { cache });
      const last = torch.slice(torch.reshape(outputs, [-1, outputs.shape[2]!]), 0, -1, null);
      const logits = torch.read(model.head(last));
      const id = logits.reduce((best, value, i) => (value > logits[best]! ? i : best), 0);
      // What the cache holds is returned, so that it outlives the scope.
      return { id, held: cache.tensors() };
    });
    torch.release(before);
    return id;
  };
  return torch.scope(() =>
    torch.noGrad(() => {
      const answer: number[] = [];
      const { embeddings } = fuseBatch(model, [{ ...prompt, labels: prompt.ids }], { begin, packTo: null });
      let next = likeliest(embeddings);
      while (!stop.has(next) && answer.push(next) < most) {
        const id = torch.toDevice(torch.from(BigInt64Array.of(BigInt(next)), [1]), options.device, 'int64');
        next = likeliest(torch.reshape(model.embedTokens(id), [1, 1, -1]));
      }
      return answer;
    }),
  );
}
