/** Bytes a second over the last seconds. */
export interface Speed {
  add(bytes: number): void;
  now(): number;
}

const windowMs = 5000;
const stepMs = 250;

export function createSpeed(clock: () => number = () => performance.now()): Speed {
  const began = clock();
  let steps: { readonly at: number; bytes: number }[] = [];
  return {
    add(bytes) {
      const at = clock();
      const last = steps.at(-1);
      if (last && at - last.at < stepMs) last.bytes += bytes;
      else steps = [...steps.filter((step) => at - step.at < windowMs), { at, bytes }];
    },
    now() {
      const at = clock();
      const recent = steps.filter((step) => at - step.at < windowMs);
      const span = Math.max(stepMs, Math.min(windowMs, at - began));
      return (recent.reduce((sum, step) => sum + step.bytes, 0) / span) * 1000;
    },
  };
}
