import * as z from 'zod';
import { createStore } from 'zustand/vanilla';
import { type Sampling, samplingSchema } from '../../engine/contract/sampling.ts';
import { recall, remember } from '../lib/storage.ts';

export const defaultSampling: Sampling = samplingSchema.parse({});

export interface SamplingState {
  readonly sampling: Sampling;
  /** Instead of the model's own instruction; blank keeps the model's. */
  readonly system: string;
}

/** What a person may set for the next answer: how its tokens are picked, and the instruction. Kept between visits. */
export function createSamplingStore() {
  const store = createStore<SamplingState>(() => ({
    sampling: recall('sampling', defaultSampling, (value) => samplingSchema.safeParse(value).data ?? null),
    system: recall('system', '', (value) => z.string().max(20_000).safeParse(value).data ?? null),
  }));
  const put = (sampling: Sampling): void => {
    store.setState({ sampling });
    remember('sampling', sampling);
  };
  const instruct = (system: string): void => {
    store.setState({ system });
    remember('system', system);
  };
  return {
    store,
    /** Takes over values that are within their limits and ignores the others. */
    change: (part: Partial<Sampling>): void => {
      const parsed = samplingSchema.safeParse({ ...store.getState().sampling, ...part });
      if (parsed.success) put(parsed.data);
    },
    instruct,
    reset: (): void => {
      put(defaultSampling);
      instruct('');
    },
  };
}

/** How many settings differ from the defaults: shown on the drawer's button. */
export function changedSettings({ sampling, system }: SamplingState): number {
  const keys = Object.keys(defaultSampling) as (keyof Sampling)[];
  const changed = keys.filter(
    (key) => JSON.stringify(sampling[key]) !== JSON.stringify(defaultSampling[key]),
  );
  return changed.length + (system.trim() === '' ? 0 : 1);
}
