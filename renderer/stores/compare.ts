import { createStore } from 'zustand/vanilla';
import type { AskPlan } from '../../engine/contract/ask.ts';
import type { CompareEvent } from '../../engine/contract/models.ts';
import { type Answer, afterEnd, afterEvent, blankAnswer } from '../lib/answer.ts';
import { expected, type Failure, toFailure } from '../lib/failure.ts';
import type { Subject } from './conversation.ts';
import type { EngineAccess } from './engine.ts';

/** One model's turn. */
export interface Column {
  readonly modelId: string;
  readonly plan: AskPlan | null;
  readonly answer: Answer;
}

export interface CompareState {
  /** Two to four are compared. */
  readonly modelIds: readonly string[];
  readonly question: string;
  readonly columns: readonly Column[];
  /** What the columns answer; null before the first run. */
  readonly asked: { readonly question: string; readonly videoName: string | null } | null;
  readonly running: boolean;
  readonly failure: Failure | null;
}

export const compareLimits = { least: 2, most: 4 } as const;

/** Several models on one question and one video. */
export function createCompareStore(engine: EngineAccess) {
  const store = createStore<CompareState>(() => ({
    modelIds: [],
    question: '',
    columns: [],
    asked: null,
    running: false,
    failure: null,
  }));
  const { getState, setState } = store;
  let run: AbortController | null = null;

  const edit = (modelId: string, change: (column: Column) => Column): void =>
    setState((state) => ({
      columns: state.columns.map((column) => (column.modelId === modelId ? change(column) : column)),
    }));

  const take = (event: CompareEvent): void =>
    edit(event.modelId, (column) => {
      switch (event.type) {
        case 'plan':
          return { ...column, plan: event.plan };
        case 'answer':
          return { ...column, answer: afterEvent(column.answer, event.event) };
        case 'failed': {
          const { sentence, remedy } = event;
          const failure = expected({ code: 'bad_request', sentence, remedy });
          return { ...column, answer: afterEnd(column.answer, failure) };
        }
        default:
          return event satisfies never;
      }
    });

  return {
    store,
    pick: (modelIds: readonly string[]): void =>
      setState({ modelIds: modelIds.slice(0, compareLimits.most) }),
    write: (question: string): void => setState({ question }),
    /** Answers come one model after the other, each with the machine to itself. */
    start: async (subject: Omit<Subject, 'modelId' | 'system'>, videoName: string | null): Promise<void> => {
      const { modelIds, question, running } = getState();
      if (running || modelIds.length < compareLimits.least || question.trim() === '') return;
      const stop = new AbortController();
      run = stop;
      setState({
        running: true,
        failure: null,
        asked: { question: question.trim(), videoName },
        columns: modelIds.map((modelId) => ({
          modelId,
          plan: null,
          answer: blankAnswer(`compare-${modelId}`, Date.now()),
        })),
      });
      let why: 'stopped' | 'ended' | Failure = 'ended';
      try {
        const events = await engine
          .client()
          .models.compare(
            { ...subject, modelIds: [...modelIds], question: question.trim() },
            { signal: stop.signal },
          );
        for await (const event of events) take(event);
      } catch (error) {
        why = toFailure(error);
        // A failure of the comparison itself is said once, above the columns.
        if (!stop.signal.aborted && why.kind !== 'disconnected') setState({ failure: why });
      }
      const reason = stop.signal.aborted || getState().failure !== null ? 'stopped' : why;
      setState((state) => ({
        running: false,
        columns: state.columns.map((column) => ({ ...column, answer: afterEnd(column.answer, reason) })),
      }));
    },
    stop: (): void => run?.abort(),
  };
}
