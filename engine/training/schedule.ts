export interface Schedule {
  readonly peak: number;
  /** Steps of the optimiser in the whole run. */
  readonly steps: number;
  /** Of `steps`; the reference's 0.03. */
  readonly warmupRatio: number;
}

/**
 * The learning rate of step 1, 2, …: linear warm-up, then half a cosine down to zero (transformers'
 * get_cosine_schedule_with_warmup). As in the reference (merv/training/strategies/fsdp.py) the first step has 0, with
 * a warm-up or without.
 */
export function learningRate({ peak, steps, warmupRatio }: Schedule, step: number): number {
  const done = step - 1;
  if (done <= 0) return 0;
  const warmup = Math.trunc(steps * warmupRatio);
  if (done < warmup) return peak * (done / warmup);
  const progress = (done - warmup) / Math.max(1, steps - warmup);
  return peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}
