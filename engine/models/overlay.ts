import type { Weights } from '../nn/weights.ts';

/** Changes of low-rank adapters (Hu et al. 2021) are scaled by alpha / rank. */
export interface AdapterScale {
  readonly rank: number;
  readonly alpha: number;
}

/**
 * `base` with what was trained in its place, and adapters worked in: W + alpha/rank · B A. `trained` has the names of `base` behind
 * `prefix`, adapters as `<layer>.lora_A.weight` [rank, inputs] and `….lora_B.weight` [outputs, rank]; both are read when asked.
 */
export function overlaid(
  base: Weights,
  trained: Weights,
  prefix: string,
  adapter: AdapterScale | null,
): Weights {
  return {
    tensors: base.tensors,
    async read(name) {
      if (trained.tensors.has(`${prefix}${name}`)) return trained.read(`${prefix}${name}`);
      const layer = `${prefix}${name.replace(/\.weight$/, '')}`;
      const values = await base.read(name);
      const a = trained.tensors.get(`${layer}.lora_A.weight`);
      if (adapter === null || a === undefined) return values;
      const [down, up] = [
        await trained.read(`${layer}.lora_A.weight`),
        await trained.read(`${layer}.lora_B.weight`),
      ];
      return addProduct(values, up, down, a.shape[1]!, adapter);
    },
  };
}

/** values [outputs, inputs] + alpha/rank · up [outputs, rank] · down [rank, inputs]. */
function addProduct(
  values: Float32Array,
  up: Float32Array,
  down: Float32Array,
  inputs: number,
  { rank, alpha }: AdapterScale,
): Float32Array {
  const changed = Float32Array.from(values);
  for (let output = 0; output < changed.length / inputs; output++) {
    const row = changed.subarray(output * inputs, (output + 1) * inputs);
    for (let r = 0; r < rank; r++) {
      const factor = (up[output * rank + r]! * alpha) / rank;
      const other = down.subarray(r * inputs, (r + 1) * inputs);
      for (let i = 0; i < inputs; i++) row[i]! += factor * other[i]!;
    }
  }
  return changed;
}
