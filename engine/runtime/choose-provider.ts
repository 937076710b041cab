import type { PartRole } from '../contract/models.ts';
import type { ProviderName, Settings } from '../contract/settings.ts';
import { type ProviderProbe, providerTitle } from './providers.ts';

export type ProviderRole = keyof Settings['providers'];
export const providerRoles = ['encoder', 'visual', 'languageModel'] as const satisfies readonly PartRole[];

export interface ProviderChoice {
  readonly name: ProviderName;
  /** A sentence. */
  readonly reason: string;
  /** True where it is not what was set: worth saying in an answer. */
  readonly isFallback: boolean;
}

/** Best first where several work. */
const ranking = ['cuda', 'coreml', 'dml', 'webgpu'] as const satisfies readonly ProviderName[];

/** Below it copying to the device and back eats what was won; software that poses as a graphics card is below it too. */
const worthwhile = 1.5;

/** Which provider computes a part, before the part itself was tried on it. `probes` may be empty where `wanted` is 'cpu'. */
export function chooseProvider(
  wanted: 'auto' | ProviderName,
  probes: readonly ProviderProbe[],
): ProviderChoice {
  if (wanted === 'cpu') return { name: 'cpu', reason: 'You chose the processor.', isFallback: false };
  const stateOf = (name: ProviderName) => probes.find((probe) => probe.name === name);
  if (wanted !== 'auto') {
    const state = stateOf(wanted);
    const title = providerTitle(wanted);
    if (state?.available) return { name: wanted, reason: `You chose ${title}.`, isFallback: false };
    const why = state?.detail ?? 'it is not known here';
    return {
      name: 'cpu',
      reason: `${title} was chosen, but cannot be used (${why}): the processor computes instead.`,
      isFallback: true,
    };
  }
  const working = ranking.filter((name) => stateOf(name)?.available);
  const best = working.find((name) => (stateOf(name)?.speedup ?? 0) >= worthwhile);
  if (best !== undefined) {
    const speedup = stateOf(best)!.speedup!.toFixed(1);
    const reason = `${providerTitle(best)} works on this machine and was ${speedup} × as fast as the processor.`;
    return { name: best, reason, isFallback: false };
  }
  const reason =
    working.length === 0
      ? 'Nothing faster than the processor works on this machine.'
      : `${providerTitle(working[0]!)} works on this machine, but is hardly faster than the processor.`;
  return { name: 'cpu', reason, isFallback: false };
}
