import { createStore } from 'zustand/vanilla';
import type { ConversationSummary } from '../../engine/contract/conversations.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import type { Host } from '../lib/host.ts';
import type { EngineAccess } from './engine.ts';
import type { NoticesStore } from './notices.ts';

export interface HistoryState {
  readonly items: readonly ConversationSummary[];
  readonly search: string;
  /** The words that `items` were found with; lags behind `search` while a search is under way. */
  readonly foundWith: string;
  readonly loaded: boolean;
  readonly failure: Failure | null;
  readonly renamingId: string | null;
}

const debounceMs = 180;

/** The list of stored conversations. */
export function createHistoryStore(
  engine: EngineAccess,
  host: Pick<Host, 'saveText'>,
  notices: Pick<NoticesStore, 'say' | 'fail'>,
) {
  const store = createStore<HistoryState>(() => ({
    items: [],
    search: '',
    foundWith: '',
    loaded: false,
    failure: null,
    renamingId: null,
  }));
  const { getState, setState } = store;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticket = 0;

  const load = async (): Promise<void> => {
    clearTimeout(timer);
    ticket += 1;
    const mine = ticket;
    const search = getState().search.trim();
    try {
      const items = await engine.client().conversations.list({ search });
      if (mine === ticket) setState({ items, foundWith: search, loaded: true, failure: null });
    } catch (error) {
      const failure = toFailure(error);
      if (mine === ticket && failure.kind !== 'disconnected') setState({ failure, loaded: true });
    }
  };

  /** Shows the change at once; where the engine refuses it, says why and shows what is really kept. */
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      notices.fail(toFailure(error));
      return false;
    } finally {
      void load();
    }
  };

  const restore = (item: ConversationSummary): void => {
    void act(() => engine.client().conversations.restore({ id: item.id }));
  };

  return {
    store,
    load,
    search: (search: string): void => {
      setState({ search });
      clearTimeout(timer);
      timer = setTimeout(() => void load(), search.trim() === '' ? 0 : debounceMs);
    },
    startRenaming: (renamingId: string | null): void => setState({ renamingId }),
    rename: async (id: string, title: string): Promise<boolean> => {
      const clean = title.trim().slice(0, 200);
      const old = getState().items.find((item) => item.id === id);
      setState({ renamingId: null });
      if (clean === '' || clean === old?.title) return false;
      setState((state) => ({
        items: state.items.map((item) => (item.id === id ? { ...item, title: clean } : item)),
      }));
      return act(() => engine.client().conversations.rename({ id, title: clean }));
    },
    remove: async (id: string): Promise<boolean> => {
      const item = getState().items.find((candidate) => candidate.id === id);
      if (!item) return false;
      setState((state) => ({ items: state.items.filter((candidate) => candidate.id !== id) }));
      const done = await act(() => engine.client().conversations.delete({ id }));
      if (done) notices.say(`Deleted “${item.title}”.`, { label: 'Undo', run: () => restore(item) });
      return done;
    },
    exportAs: async (id: string, format: 'markdown' | 'json'): Promise<void> => {
      try {
        const { fileName, text } = await engine.client().conversations.export({ id, format });
        if (await host.saveText(fileName, text)) notices.say(`Saved “${fileName}”.`);
      } catch (error) {
        notices.fail(toFailure(error));
      }
    },
  };
}
