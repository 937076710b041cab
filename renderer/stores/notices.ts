import { createStore } from 'zustand/vanilla';
import { type Failure, toFailure, wordsOf } from '../lib/failure.ts';

export interface Notice {
  readonly id: number;
  readonly text: string;
  /** Second, quieter line. */
  readonly detail: string | null;
  readonly tone: 'plain' | 'problem';
  readonly action: { readonly label: string; readonly run: () => void } | null;
  /** For the Copy details button of a bug. */
  readonly details: string | null;
}

const lifeMs = 12_000;

/** Short messages at the window's edge: what was done with a way back, and what failed away from its own place. */
export function createNoticesStore() {
  const store = createStore<{ readonly notices: readonly Notice[] }>(() => ({ notices: [] }));
  const timers = new Map<number, ReturnType<typeof setTimeout>>();
  let ids = 0;

  const dismiss = (id: number): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    store.setState((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) }));
  };
  const hold = (id: number): void => clearTimeout(timers.get(id));
  const release = (id: number): void => {
    hold(id);
    timers.set(
      id,
      setTimeout(() => dismiss(id), lifeMs),
    );
  };
  const add = (notice: Omit<Notice, 'id'>): void => {
    ids += 1;
    const id = ids;
    store.setState((state) => ({ notices: [...state.notices.slice(-2), { ...notice, id }] }));
    release(id);
  };

  const fail = (failure: Failure): void => {
    const { sentence, remedy } = wordsOf(failure);
    const details = failure.kind === 'bug' ? failure.details : null;
    add({ text: sentence, detail: remedy, tone: 'problem', action: null, details });
  };

  return {
    store,
    dismiss,
    /** Keeps a notice while it is pointed at or focused. */
    hold,
    release,
    say: (text: string, action: Notice['action'] = null): void =>
      add({ text, detail: null, tone: 'plain', action, details: null }),
    fail,
    /** Says a failure of what was asked for with a button, which then gives null. */
    attempt: async <T>(work: () => Promise<T>): Promise<T | null> => {
      try {
        return await work();
      } catch (error) {
        fail(toFailure(error));
        return null;
      }
    },
  };
}
export type NoticesStore = ReturnType<typeof createNoticesStore>;
