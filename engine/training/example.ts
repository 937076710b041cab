/** Marks a token that carries no loss (PyTorch's and the reference's IGNORE_INDEX). */
export const ignored = -100;

/** One example as the model gets it. */
export interface Example {
  readonly ids: readonly number[];
  /** Of every id: itself, or `ignored`. */
  readonly labels: readonly number[];
  /** One array an encoder, [frames, tokens, width] flattened; null for text alone. */
  readonly features: readonly Float32Array[] | null;
  /** How many ids stand in front of the video, where that is not the run's `begin`: a chat template puts it further back. */
  readonly place?: number;
}

/** Tokens that are predicted: the first has nothing before it. */
export function predicted({ labels }: Example): number {
  return labels.filter((label, i) => i > 0 && label !== ignored).length;
}
