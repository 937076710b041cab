const windowMs = 60_000;
const allowedCrashes = 5;
const delaysMs = [0, 250, 1000, 3000] as const;

/**
 * How long to wait before the engine is started again, in milliseconds, or null to give up: five crashes within a
 * minute will not mend themselves. `crashes`: times of the crashes so far, the last one included.
 */
export function restartDelay(crashes: readonly number[], now: number): number | null {
  const recent = crashes.filter((at) => now - at < windowMs).length;
  if (recent >= allowedCrashes) return null;
  return delaysMs[Math.min(recent, delaysMs.length) - 1] ?? 0;
}
