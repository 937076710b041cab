import { createStore } from 'zustand/vanilla';
import type { TensorRow } from '../../engine/contract/models.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import type { EngineAccess } from './engine.ts';

export interface TensorsState {
  readonly id: string | null;
  readonly search: string;
  /** Null until the first page came. */
  readonly total: number | null;
  /** Rows by their place in the whole list. */
  readonly rows: ReadonlyMap<number, TensorRow>;
  readonly failure: Failure | null;
}

const pageSize = 200;
const debounceMs = 150;
const nothing = { total: null, rows: new Map<number, TensorRow>(), failure: null };

/** The tensors of one model, fetched page by page as they are scrolled to. */
export function createTensorsStore(engine: EngineAccess) {
  const store = createStore<TensorsState>(() => ({ id: null, search: '', ...nothing }));
  const { getState, setState } = store;
  let underWay = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticket = 0;

  const fetchPage = async (page: number): Promise<void> => {
    const { id, search } = getState();
    if (id === null || underWay.has(page)) return;
    const mine = ticket;
    underWay.add(page);
    try {
      const offset = page * pageSize;
      const found = await engine.client().models.tensors({ id, search, offset, limit: pageSize });
      if (mine !== ticket) return;
      setState((state) => {
        const rows = new Map(state.rows);
        for (const [i, row] of found.rows.entries()) rows.set(offset + i, row);
        return { total: found.total, rows, failure: null };
      });
    } catch (error) {
      if (mine !== ticket) return;
      underWay.delete(page);
      const failure = toFailure(error);
      if (failure.kind !== 'disconnected') setState({ failure });
    }
  };

  const restart = (change: Partial<TensorsState>): void => {
    clearTimeout(timer);
    ticket += 1;
    underWay = new Set();
    setState({ ...change, failure: null });
  };

  return {
    store,
    /** Shows a model's tensors from the start. */
    show: (id: string): void => {
      if (id === getState().id && getState().failure === null) return;
      restart({ id, search: '', ...nothing });
      void fetchPage(0);
    },
    search: (search: string): void => {
      restart({ search });
      timer = setTimeout(() => {
        setState(nothing);
        void fetchPage(0);
      }, debounceMs);
    },
    /** Fetches what is missing between two places. */
    want: (first: number, last: number): void => {
      const { total, rows } = getState();
      if (total === null) return;
      for (let page = Math.floor(first / pageSize); page * pageSize <= Math.min(last, total - 1); page++) {
        if (!rows.has(page * pageSize)) void fetchPage(page);
      }
    },
    /** Files that were repaired may have other tensors. */
    forget: (): void => restart({ id: null, search: '', ...nothing }),
  };
}
export type TensorsStore = ReturnType<typeof createTensorsStore>;
