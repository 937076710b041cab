import type { Quality } from '../../contract/models.ts';
import { argmax } from '../../runtime/sampler.ts';

/** Cosines between two sets of features [..., width], token by token. */
export function compareFeatures(
  features: Float32Array,
  reference: Float32Array,
  width: number,
): Extract<Quality, { kind: 'features' }> {
  const tokens = reference.length / width;
  let sum = 0;
  let least = 1;
  for (let token = 0; token < tokens; token++) {
    const from = token * width;
    const cosine = cosineOf(features.subarray(from, from + width), reference.subarray(from, from + width));
    sum += cosine;
    least = Math.min(least, cosine);
  }
  return { kind: 'features', meanCosine: sum / tokens, minCosine: least, tokens };
}

/** Of two zero vectors: 1. Rounding does not take it past 1. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  let product = 0;
  let ofA = 0;
  let ofB = 0;
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    ofA += a[i]! ** 2;
    ofB += b[i]! ** 2;
  }
  if (ofA === 0 && ofB === 0) return 1;
  return ofA === 0 || ofB === 0 ? 0 : Math.min(1, product / Math.sqrt(ofA * ofB));
}

/** Gathers logits position by position, the reference's and the other's. */
export class LogitFigures {
  private readonly divergences: number[] = [];
  private agreements = 0;

  /** Logits [vocab] of one position. */
  add(logits: Float32Array, reference: Float32Array): void {
    this.divergences.push(divergence(reference, logits));
    if (argmax(logits) === argmax(reference)) this.agreements += 1;
  }

  get figures(): Extract<Quality, { kind: 'logits' }> {
    const { length } = this.divergences;
    return {
      kind: 'logits',
      meanKl: this.divergences.reduce((a, b) => a + b, 0) / length,
      maxKl: Math.max(...this.divergences),
      greedyAgreement: this.agreements / length,
      tokens: length,
    };
  }
}

/** KL(p ‖ q) in nats of the distributions that two sets of logits stand for; never below 0. */
function divergence(p: Float32Array, q: Float32Array): number {
  const normP = logSumExp(p);
  const normQ = logSumExp(q);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const logP = p[i]! - normP;
    sum += Math.exp(logP) * (logP - (q[i]! - normQ));
  }
  return Math.max(0, sum);
}

function logSumExp(values: Float32Array): number {
  const highest = values[argmax(values)]!;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - highest);
  return highest + Math.log(sum);
}
