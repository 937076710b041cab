import { createStore } from 'zustand/vanilla';
import type { Activity } from '../../engine/contract/hub.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

/** Every request that left this machine, newest first. */
export function createActivityStore(engine: EngineAccess) {
  const store = createStore<Loadable<readonly Activity[]>>(() => unloaded);
  const loader = latest<readonly Activity[]>(store.setState);
  const load = async (): Promise<void> => {
    await loader.load(() => engine.client().settings.activity());
  };
  return {
    store,
    load,
    clear: async (): Promise<void> => {
      await loader.load(async () => {
        await engine.client().settings.clearActivity();
        return await engine.client().settings.activity();
      });
    },
  };
}
