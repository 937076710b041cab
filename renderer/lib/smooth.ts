/**
 * Exponential moving average that starts unbiased (Kingma & Ba 2015, section 3). weight: how much of the past stays,
 * 0 (nothing is smoothed) to below 1. Values that are no finite numbers leave a gap and are not carried on.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let mean = 0;
  let part = 1;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    mean = weight * mean + (1 - weight) * value;
    part *= weight;
    return mean / (1 - part);
  });
}
