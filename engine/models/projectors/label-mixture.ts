import type { Ops } from '../../nn/ops.ts';

export interface LabelMixtureConfig {
  /** The clip is cut into this many equal parts; each gives `words` visual tokens. */
  readonly segments: number;
  readonly words: number;
  /** Labels that take part in a segment's mixture. */
  readonly keep: number;
}

/**
 * Projector for classifiers: the class probabilities of a segment's frames are averaged, the likeliest few kept, and the
 * embeddings of those labels' words mixed with them. Where the model has an `unsure` row, what the kept labels leave of the
 * probability goes to it; else the kept ones are renormalised.
 * logits [F, tokens, classes], F · tokens a multiple of segments -> [segments·words, hidden].
 * Weights: `labels` [classes, words·hidden], `unsure` [1, words·hidden].
 */
export function labelMixture<V>(nn: Ops<V>, logits: V, config: LabelMixtureConfig, classes: number): V {
  const frames = nn.splitAxis(nn.mergeAxes(nn.softmax(logits, -1), 0, 2), 0, [config.segments, -1]);
  const kept = nn.keepTop(nn.mean(frames, [1]), config.keep);
  const words = nn.has('unsure')
    ? nn.add(
        nn.matmul(kept, nn.parameter('labels')),
        nn.matmul(rest(nn, kept, classes), nn.parameter('unsure')),
      )
    : nn.matmul(nn.normaliseSum(kept), nn.parameter('labels'));
  return nn.mergeAxes(nn.splitAxis(words, 1, [config.words, -1]), 0, 2);
}

/** 1 − the sum of each row [rows, classes] -> [rows, 1]. */
function rest<V>(nn: Ops<V>, rows: V, classes: number): V {
  const mean = nn.splitAxis(nn.mean(rows, [1]), 0, [-1, 1]);
  return nn.add(nn.mul(mean, nn.constant([-classes], [1])), nn.constant([1], [1]));
}
