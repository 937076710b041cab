import type { Tensor } from '../native/tensor.ts';
import { type Example, ignored } from './example.ts';
import type { TrainingModel } from './training-model.ts';

export interface FusedBatch {
  /** [rows, longest, hidden]; shorter rows end in zeros, which nothing before them sees. */
  readonly embeddings: Tensor;
  /** Places in [rows · longest] whose output is compared with `targets`. */
  readonly places: readonly number[];
  readonly targets: readonly number[];
  /** Of all rows together, without padding. */
  readonly tokens: number;
  /** [examples with video, encoders]: each encoder's share; null without such a fusion. */
  readonly mixing: Tensor | null;
}

/**
 * Token embeddings with the video's behind the first id (`begin` 1: the tokenizer's BOS) or in front (`begin` 0), as in
 * merv/models/vidlms/merv.py `forward`. Attention is causal and padding stands behind, so that it needs no mask.
 */
export function fuseBatch(model: TrainingModel, examples: readonly Example[], begin: 0 | 1): FusedBatch {
  const { torch, options } = model.parameters;
  const onDevice = (x: Tensor) => torch.toDevice(x, options.device, options.compute);
  const flat = BigInt64Array.from(examples.flatMap(({ ids }) => ids.map(BigInt)));
  const ids = torch.toDevice(torch.from(flat, [flat.length]), options.device, 'int64');
  const embedded = torch.splitSizes(
    model.embedTokens(ids),
    examples.map((example) => example.ids.length),
    0,
  );
  const mixing: Tensor[] = [];
  const rows = examples.map(({ features, labels }, i) => {
    const text = embedded[i]!;
    if (features === null) return { value: text, labels };
    const given = features.map((values, encoder) =>
      onDevice(torch.from(values, model.spec.encoders[encoder]!.shape)),
    );
    const video = model.embedVideo(given);
    if (video.mixing !== null) mixing.push(video.mixing);
    const parts = [torch.slice(text, 0, 0, begin), video.value, torch.slice(text, 0, begin, null)];
    const none = Array.from({ length: video.value.shape[0]! }, () => ignored);
    return {
      value: torch.cat(begin === 0 ? parts.slice(1) : parts, 0),
      labels: [...labels.slice(0, begin), ...none, ...labels.slice(begin)],
    };
  });
  const longest = Math.max(...rows.map(({ labels }) => labels.length));
  const padded = rows.map(({ value, labels }) =>
    labels.length === longest ? value : torch.pad(value, [0, 0, 0, longest - labels.length], 0),
  );
  const places: number[] = [];
  const targets: number[] = [];
  for (const [row, { labels }] of rows.entries()) {
    for (let at = 1; at < labels.length; at++) {
      if (labels[at] === ignored) continue;
      places.push(row * longest + at - 1);
      targets.push(labels[at]!);
    }
  }
  return {
    embeddings: torch.stack(padded, 0),
    places,
    targets,
    tokens: rows.reduce((sum, { labels }) => sum + labels.length, 0),
    mixing: mixing.length === 0 ? null : torch.detach(torch.cat(mixing, 0)),
  };
}
