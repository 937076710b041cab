import { createStore } from 'zustand/vanilla';
import type { InstallPlan, ModelSource, PlannedPart, PrecisionChoices } from '../../engine/contract/hub.ts';
import type { Precision } from '../../engine/contract/models.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import { type Loadable, latest, unloaded } from '../lib/loadable.ts';
import type { EngineAccess } from './engine.ts';

export interface InstallState {
  /** What is to be installed; null while the sheet is closed. */
  readonly source: ModelSource | null;
  /** Shown until the plan names the model. */
  readonly title: string;
  readonly choices: PrecisionChoices;
  readonly plan: Loadable<InstallPlan>;
  readonly starting: boolean;
  /** Why it could not be started. */
  readonly failure: Failure | null;
}

const closed: InstallState = {
  source: null,
  title: '',
  choices: [],
  plan: unloaded,
  starting: false,
  failure: null,
};

/** The sheet that says what installing a model would do, before it is done. */
export function createInstallStore(engine: EngineAccess) {
  const store = createStore<InstallState>(() => closed);
  const { getState, setState } = store;
  const loader = latest<InstallPlan>((change) =>
    setState((state) => ({ plan: { ...state.plan, ...change } })),
  );

  const plan = async (): Promise<void> => {
    const { source, choices } = getState();
    if (source === null) return;
    await loader.load(() => engine.client().hub.plan({ source, choices: [...choices] }));
  };

  return {
    store,
    /** Works out the plan again: with another choice, another token, after room was made. */
    plan,
    open: async (source: ModelSource, title: string): Promise<void> => {
      loader.forget();
      setState({ ...closed, source, title });
      await plan();
    },
    close: (): void => {
      loader.forget();
      setState(closed);
    },
    choose: async (part: Pick<PlannedPart, 'role' | 'id'>, precision: Precision): Promise<void> => {
      const { choices } = getState();
      const others = choices.filter((choice) => choice.role !== part.role || choice.id !== part.id);
      setState({ choices: [...others, { role: part.role, id: part.id, precision }], failure: null });
      await plan();
    },
    /** Starts the job; true where it did. */
    start: async (): Promise<boolean> => {
      const { source, choices, starting } = getState();
      if (source === null || starting) return false;
      setState({ starting: true, failure: null });
      try {
        await engine.client().hub.install({ source, choices: [...choices] });
        if (getState().source === source) setState(closed);
        return true;
      } catch (error) {
        if (getState().source === source) setState({ starting: false, failure: toFailure(error) });
        return false;
      }
    },
  };
}
export type InstallStore = ReturnType<typeof createInstallStore>;

/** The precision that a part will be written at: the one chosen, else the one proposed. Null where it has none. */
export function chosenPrecision(part: PlannedPart, choices: PrecisionChoices): Precision | null {
  const choice = choices.find((each) => each.role === part.role && each.id === part.id);
  return choice?.precision ?? part.sizes[0]?.precision ?? null;
}
