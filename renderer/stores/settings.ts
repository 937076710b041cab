import { createStore } from 'zustand/vanilla';
import type { Account, Providers, Settings } from '../../engine/contract/settings.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export interface SettingsState {
  readonly settings: Settings | null;
  /** Null until it is known. */
  readonly account: Account | null;
  readonly providers: Loadable<Providers>;
  /** Why the settings could not be read, or a change not be kept. */
  readonly failure: Failure | null;
}

/** What the engine is told once and for all. Kept by the engine, so that the command line obeys it too. */
export function createSettingsStore(engine: EngineAccess) {
  const store = createStore<SettingsState>(() => ({
    settings: null,
    account: null,
    providers: unloaded,
    failure: null,
  }));
  const { getState, setState } = store;
  const providers = latest<Providers>((change) =>
    setState((state) => ({ providers: { ...state.providers, ...change } })),
  );

  const fail = (error: unknown): void => {
    const failure = toFailure(error);
    if (failure.kind !== 'disconnected') setState({ failure });
  };
  const loadProviders = async (): Promise<void> => {
    await providers.load(() => engine.client().settings.providers());
  };

  return {
    store,
    load: async (): Promise<void> => {
      try {
        const client = engine.client();
        const [settings, account] = await Promise.all([client.settings.get(), client.settings.account()]);
        setState({ settings, account, failure: null });
      } catch (error) {
        fail(error);
      }
    },
    /** Probing takes a moment, so it is done when somebody looks. */
    loadProviders,
    change: async (part: Partial<Settings>): Promise<void> => {
      const before = getState().settings;
      if (before === null) return;
      const settings = { ...before, ...part };
      setState({ settings, failure: null });
      try {
        await engine.client().settings.set(settings);
        setState({ account: await engine.client().settings.account() });
        if (part.providers !== undefined) await loadProviders();
      } catch (error) {
        if (getState().settings === settings) setState({ settings: before });
        fail(error);
      }
    },
    /** Empty forgets it. The token goes to the engine and is never read back. True where it was taken. */
    setToken: async (token: string): Promise<boolean> => {
      try {
        setState({ account: await engine.client().settings.setToken({ token }), failure: null });
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    },
    dismissFailure: (): void => setState({ failure: null }),
  };
}
