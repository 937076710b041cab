import { createStore } from 'zustand/vanilla';
import type { ModelSummary } from '../../engine/contract/models.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import { recall, remember } from '../lib/storage.ts';
import type { EngineAccess } from './engine.ts';

export interface ModelsState {
  readonly models: readonly ModelSummary[];
  readonly chosenId: string | null;
  readonly loaded: boolean;
  readonly failure: Failure | null;
}

/** The models on this machine and the one that is asked. */
export function createModelsStore(engine: EngineAccess) {
  const store = createStore<ModelsState>(() => ({
    models: [],
    chosenId: recall('model', null, (value) => (typeof value === 'string' ? value : null)),
    loaded: false,
    failure: null,
  }));
  return {
    store,
    load: async (): Promise<void> => {
      try {
        const models = await engine.client().models.list();
        const { chosenId } = store.getState();
        const known = models.some((model) => model.id === chosenId);
        store.setState({
          models,
          chosenId: known ? chosenId : (models[0]?.id ?? null),
          loaded: true,
          failure: null,
        });
      } catch (error) {
        const failure = toFailure(error);
        if (failure.kind !== 'disconnected') store.setState({ failure, loaded: true });
      }
    },
    choose: (id: string): void => {
      if (!store.getState().models.some((model) => model.id === id)) return;
      store.setState({ chosenId: id });
      remember('model', id);
    },
    rename: async (id: string, name: string): Promise<void> => {
      const trimmed = name.trim();
      if (trimmed === '') return;
      await engine.client().models.rename({ id, name: trimmed });
      store.setState((state) => ({
        models: state.models.map((model) => (model.id === id ? { ...model, name: trimmed } : model)),
      }));
    },
    /** Bytes that became free. */
    remove: async (id: string): Promise<number> => {
      const { freedBytes } = await engine.client().models.delete({ id });
      store.setState((state) => ({
        models: state.models.filter((model) => model.id !== id),
        chosenId: state.chosenId === id ? null : state.chosenId,
      }));
      return freedBytes;
    },
    repair: async (id: string): Promise<void> => {
      await engine.client().models.repair({ id });
    },
    /** path: where the exported file goes. */
    export: async (id: string, path: string): Promise<void> => {
      await engine.client().models.export({ id, path });
    },
    /** Loads the chosen model ahead of the first question; what fails here is said when the question is asked. */
    warm: async (): Promise<void> => {
      const { chosenId } = store.getState();
      if (chosenId === null) return;
      await engine
        .client()
        .models.warm({ id: chosenId })
        .catch(() => {});
    },
  };
}
export type ModelsStore = ReturnType<typeof createModelsStore>;

export function chosenModel(state: ModelsState): ModelSummary | null {
  return state.models.find((model) => model.id === state.chosenId) ?? null;
}

/** "EfficientNet-Lite0" for an encoder's id; the id itself where no model knows it. */
export function encoderName(state: ModelsState, id: string): string {
  for (const model of state.models) {
    const encoder = model.encoders.find((candidate) => candidate.id === id);
    if (encoder) return encoder.name;
  }
  return id;
}
