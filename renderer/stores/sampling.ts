import { createStore } from 'zustand/vanilla';
import { type Sampling, samplingSchema } from '../../engine/contract/sampling.ts';
import { recall, remember } from '../lib/storage.ts';

export const defaultSampling: Sampling = samplingSchema.parse({});

export interface SamplingState {
  readonly sampling: Sampling;
}

/** How the next answer's tokens are picked; kept between visits. */
export function createSamplingStore() {
  const store = createStore<SamplingState>(() => ({
    sampling: recall('sampling', defaultSampling, (value) => samplingSchema.safeParse(value).data ?? null),
  }));
  const put = (sampling: Sampling): void => {
    store.setState({ sampling });
    remember('sampling', sampling);
  };
  return {
    store,
    /** Takes over values that are within their limits and ignores the others. */
    change: (part: Partial<Sampling>): void => {
      const parsed = samplingSchema.safeParse({ ...store.getState().sampling, ...part });
      if (parsed.success) put(parsed.data);
    },
    reset: (): void => put(defaultSampling),
  };
}

/** How many settings differ from the defaults: shown on the drawer's button. */
export function changedSettings(sampling: Sampling): number {
  const keys = Object.keys(defaultSampling) as (keyof Sampling)[];
  return keys.filter((key) => JSON.stringify(sampling[key]) !== JSON.stringify(defaultSampling[key])).length;
}
