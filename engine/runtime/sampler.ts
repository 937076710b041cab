import type { Sampling } from '../contract/sampling.ts';
import { seededRandom } from './seeded-random.ts';

/**
 * Picks the next token from logits. The order of the rules is that of transformers' generation: repetition penalty,
 * temperature, top-k, top-p, min-p; temperature 0 takes the largest logit after the penalty (the lowest id on a tie).
 */
export class Sampler {
  readonly seed: number;
  private readonly sampling: Sampling;
  private readonly random: () => number;

  constructor(sampling: Sampling) {
    this.sampling = sampling;
    this.seed = sampling.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.random = seededRandom(this.seed);
  }

  /** `seen`: ids of the prompt and of the answer so far, for the repetition penalty. `logits` is left as it is. */
  next(logits: Float32Array, seen: ReadonlySet<number>): number {
    const { temperature, repetitionPenalty } = this.sampling;
    const scores = repetitionPenalty === 1 ? logits : penalise(logits, seen, repetitionPenalty);
    if (temperature === 0) return argmax(scores);
    return this.draw(this.candidates(scores));
  }

  /** Ids with their probabilities, likeliest first, after all cuts. */
  private candidates(scores: Float32Array): { readonly id: number; readonly p: number }[] {
    const { temperature, topK, topP, minP } = this.sampling;
    const highest = scores[argmax(scores)]!;
    // Below e^-30 of the likeliest a token cannot be drawn in practice; leaving it out keeps the sort short.
    const floor = highest - 30 * temperature;
    let kept: { id: number; p: number }[] = [];
    for (let id = 0; id < scores.length; id++) {
      if (scores[id]! >= floor) kept.push({ id, p: Math.exp((scores[id]! - highest) / temperature) });
    }
    kept.sort((a, b) => b.p - a.p || a.id - b.id);
    if (topK > 0) kept = kept.slice(0, topK);
    const total = kept.reduce((sum, { p }) => sum + p, 0);
    if (topP < 1) {
      let mass = 0;
      const end = kept.findIndex(({ p }) => {
        mass += p / total;
        return mass >= topP;
      });
      if (end !== -1) kept = kept.slice(0, end + 1);
    }
    return minP > 0 ? kept.filter(({ p }) => p >= minP * kept[0]!.p) : kept;
  }

  private draw(candidates: readonly { readonly id: number; readonly p: number }[]): number {
    const total = candidates.reduce((sum, { p }) => sum + p, 0);
    let rest = this.random() * total;
    for (const { id, p } of candidates) {
      rest -= p;
      if (rest < 0) return id;
    }
    return candidates.at(-1)!.id;
  }
}

/** Keskar et al. 2019 (CTRL): a seen token's positive logit is divided, a negative one multiplied. */
function penalise(logits: Float32Array, seen: ReadonlySet<number>, penalty: number): Float32Array {
  const scores = logits.slice();
  for (const id of seen) {
    const logit = scores[id];
    if (logit !== undefined) scores[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return scores;
}

/** Index of the largest value, the first of several. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
