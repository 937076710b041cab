import type { Tensor } from '../native/tensor.ts';
import { type AttentionLayout, attentionLayout } from '../nn/torch/attention.ts';
import { type Example, ignored } from './example.ts';
import type { TrainingModel } from './training-model.ts';

export interface FusedBatch {
  /** [rows, longest, hidden]; shorter rows end in zeros, which nothing before them sees. */
  readonly embeddings: Tensor;
  /** Where rows hold several examples. */
  readonly layout: AttentionLayout | null;
  /** Places in [rows · longest] whose output is compared with `targets`. */
  readonly places: readonly number[];
  readonly targets: readonly number[];
  /** Of all rows together, without padding. */
  readonly tokens: number;
  /** [examples with video, encoders]: each encoder's share; null without such a fusion. */
  readonly mixing: Tensor | null;
}

export interface BatchOptions {
  /** Ids in front of the video: 1 where the tokenizer has a BOS. */
  readonly begin: 0 | 1;
  /** Several examples share a row of so many places, where they fit; null gives each its own. */
  readonly packTo: number | null;
}

/**
 * Token embeddings with the video's behind the first id (`begin` 1: the tokenizer's BOS) or in front (`begin` 0), as in
 * merv/models/vidlms/merv.py `forward`. Attention is causal and padding stands behind, so that it needs no mask.
 */
export function fuseBatch(
  model: TrainingModel,
  examples: readonly Example[],
  { begin: first, packTo }: BatchOptions,
): FusedBatch {
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
  const rows = examples.map(({ features, labels, place: begin = first }, i) => {
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
  const lengths = rows.map(({ labels }) => labels.length);
  const bins = packTo === null ? lengths.map((_, i) => [i]) : packed(lengths, packTo);
  const binLengths = bins.map((members) => members.map((i) => lengths[i]!));
  const longest = Math.max(...binLengths.map((of) => of.reduce((a, b) => a + b, 0)));
  const places: number[] = [];
  const targets: number[] = [];
  const padded = bins.map((members, bin) => {
    let at = bin * longest;
    for (const i of members) {
      for (const [place, label] of rows[i]!.labels.entries()) {
        if (place === 0 || label === ignored) continue;
        places.push(at + place - 1);
        targets.push(label);
      }
      at += lengths[i]!;
    }
    const values = members.map((i) => rows[i]!.value);
    const whole = values.length === 1 ? values[0]! : torch.cat(values, 0);
    const left = (bin + 1) * longest - at;
    return left === 0 ? whole : torch.pad(whole, [0, 0, 0, left], 0);
  });
  const shared = bins.some((members) => members.length > 1);
  return {
    embeddings: torch.stack(padded, 0),
    layout: shared ? attentionLayout(model.parameters, binLengths, longest) : null,
    places,
    targets,
    tokens: rows.reduce((sum, { labels }) => sum + labels.length, 0),
    mixing: mixing.length === 0 ? null : torch.detach(torch.cat(mixing, 0)),
  };
}

/** Examples to rows of `room` places: the longest first, each into the first row that has room for it. */
export function packed(lengths: readonly number[], room: number): number[][] {
  const byLength = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const bins: { members: number[]; left: number }[] = [];
  for (const i of byLength) {
    const length = lengths[i]!;
    const bin = bins.find(({ left }) => left >= length);
    if (bin === undefined) bins.push({ members: [i], left: room - length });
    else {
      bin.members.push(i);
      bin.left -= length;
    }
  }
  return bins.map(({ members }) => members);
}
