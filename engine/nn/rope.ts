/** Rotary position embedding: base, per-head width and, for LLaMA 3.1 and later, its frequency scaling. */
export interface RopeConfig {
  readonly theta: number;
  readonly headDim: number;
  /** Positions to tabulate: the context length in use. */
  readonly positions: number;
  /** The `llama3` rule of transformers' modeling_rope_utils.py. */
  readonly scaling: {
    readonly factor: number;
    readonly lowFreqFactor: number;
    readonly highFreqFactor: number;
    readonly originalPositions: number;
  } | null;
  /** What each frequency is divided by, where a GGUF file lists them instead of the rule's numbers. */
  readonly divisors?: readonly number[] | undefined;
}

/** Inverse frequencies, headDim / 2 of them, in float32 as the reference computes them. */
function inverseFrequencies(rope: RopeConfig): Float32Array {
  const half = rope.headDim / 2;
  const frequencies = Float32Array.from(
    { length: half },
    (_, i) => 1 / rope.theta ** ((2 * i) / rope.headDim),
  );
  const { scaling, divisors } = rope;
  if (divisors !== undefined) return frequencies.map((frequency, i) => frequency / (divisors[i] ?? 1));
  if (scaling === null) return frequencies;
  const longest = scaling.originalPositions / scaling.lowFreqFactor;
  const shortest = scaling.originalPositions / scaling.highFreqFactor;
  return frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < shortest) return frequency;
    if (wavelength > longest) return frequency / scaling.factor;
    const smooth =
      (scaling.originalPositions / wavelength - scaling.lowFreqFactor) /
      (scaling.highFreqFactor - scaling.lowFreqFactor);
    return ((1 - smooth) * frequency) / scaling.factor + smooth * frequency;
  });
}

/** cos and sin, [positions, headDim / 2] each. */
export function ropeTables(rope: RopeConfig): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const frequencies = inverseFrequencies(rope);
  const half = frequencies.length;
  const cos = new Float32Array(rope.positions * half);
  const sin = new Float32Array(rope.positions * half);
  for (let position = 0; position < rope.positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
