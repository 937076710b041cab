import { expect, it } from 'vitest';
import { runMutations } from './run-mutations.ts';

/** How many of each format; MERV_MUTATIONS asks for another number. */
const usualCount = Number(process.env.MERV_MUTATIONS ?? 5000);
/** `format:seed` runs this one again, alone: MERV_MUTATION=gguf:1234. */
const [only, seed] = (process.env.MERV_MUTATION ?? '').split(':');

/** Every damaged file is a value or an expected error: no other error, no crash, no hang, bounded memory. */
export function describeFormats(formats: readonly string[], count = usualCount): void {
  it.each(formats)(
    '%s: a damaged file is refused in words or read, soon',
    async (format) => {
      if (only && only !== format) return;
      const { failures, refusals, values, maxRss } = await runMutations(
        format,
        only ? Number(seed) : 0,
        only ? 1 : count,
      );
      const report = failures.map(
        (failure) =>
          `MERV_MUTATION=${format}:${failure.seed}\n  ${failure.damage.join('\n  ')}\n  ${failure.what}`,
      );
      expect(report, report.join('\n\n')).toEqual([]);
      if (only) return;
      if (process.env.MERV_MUTATIONS) console.log(format, { refusals, values, MiB: maxRss >> 20 });
      // The damage is neither so light that nothing notices nor so heavy that nothing but the first check runs.
      expect(refusals).toBeGreaterThan(count / 4);
      expect(values).toBeGreaterThan(count / 50);
    },
    300_000,
  );
}
