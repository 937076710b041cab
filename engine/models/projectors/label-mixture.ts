import type { Ops } from '../../nn/ops.ts';

export interface LabelMixtureConfig {
  /** The clip is cut into this many equal parts; each gives `words` visual tokens. */
  readonly segments: number;
  readonly words: number;
  /** Labels that take part in a segment's mixture. */
  readonly keep: number;
}

/**
 * Training-free projector for classifiers: the class probabilities of a segment's frames are averaged, the likeliest
 * few renormalised, and the language model's own embeddings of those labels' words mixed with them.
 * logits [F, 1, classes], F a multiple of segments -> [segments·words, hidden].
 * Weight: `labels` [classes, words·hidden].
 */
export function labelMixture<V>(nn: Ops<V>, logits: V, config: LabelMixtureConfig): V {
  const frames = nn.splitAxis(nn.mergeAxes(nn.softmax(logits, -1), 0, 2), 0, [config.segments, -1]);
  const mixture = nn.normaliseSum(nn.keepTop(nn.mean(frames, [1]), config.keep));
  const words = nn.splitAxis(nn.matmul(mixture, nn.parameter('labels')), 1, [config.words, -1]);
  return nn.mergeAxes(words, 0, 2);
}
