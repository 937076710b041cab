import { createStore } from 'zustand/vanilla';
import type { AskPlan } from '../../engine/contract/ask.ts';
import type { Clip } from '../../engine/contract/video.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import type { EngineAccess } from './engine.ts';

/** What ask.plan is asked: everything that a question's cost depends on. */
export interface PlanInput {
  readonly modelId: string;
  readonly videoId: string | null;
  readonly clip: Clip | null;
  readonly system: string | null;
  readonly conversationId: string | null;
  readonly question: string;
  readonly maxTokens: number;
  readonly replaceFrom: string | null;
}

export interface PlanState {
  /** The latest plan; it stays while the next one is worked out, so that nothing flickers. */
  readonly plan: AskPlan | null;
  /** The video that the plan is about. */
  readonly videoId: string | null;
  readonly pending: boolean;
  readonly failure: Failure | null;
}

const debounceMs = 250;

/** What the question in the composer will cost. */
export function createPlanStore(engine: EngineAccess) {
  const store = createStore<PlanState>(() => ({ plan: null, videoId: null, pending: false, failure: null }));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticket = 0;

  const run = async (input: PlanInput, mine: number): Promise<void> => {
    try {
      const plan = await engine.client().ask.plan(input);
      if (mine === ticket) store.setState({ plan, videoId: input.videoId, pending: false, failure: null });
    } catch (error) {
      if (mine !== ticket) return;
      const failure = toFailure(error);
      // A lost connection is said elsewhere and the last plan is still true.
      if (failure.kind === 'disconnected') store.setState({ pending: false });
      else store.setState({ plan: null, pending: false, failure });
    }
  };

  return {
    store,
    /** Plans for this input once it has stood for a quarter of a second; null means that there is nothing to plan. */
    want: (input: PlanInput | null): void => {
      clearTimeout(timer);
      ticket += 1;
      const mine = ticket;
      if (input === null) {
        store.setState({ plan: null, videoId: null, pending: false, failure: null });
        return;
      }
      const stale = store.getState().videoId !== input.videoId;
      store.setState(stale ? { plan: null, pending: true, failure: null } : { pending: true });
      timer = setTimeout(() => void run(input, mine), stale ? 0 : debounceMs);
    },
  };
}
