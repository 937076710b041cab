import { createStore } from 'zustand/vanilla';
import type { Conversation } from '../../engine/contract/conversations.ts';
import type { Sampling } from '../../engine/contract/sampling.ts';
import type { Clip } from '../../engine/contract/video.ts';
import {
  type Answer,
  afterEnd,
  afterEvent,
  blankAnswer,
  questionOf,
  type Turn,
  turnOf,
  turnsBefore,
} from '../lib/answer.ts';
import { type Failure, toFailure } from '../lib/failure.ts';
import type { EngineAccess } from './engine.ts';

/** What a question is asked about and how. */
export interface Subject {
  readonly modelId: string;
  readonly videoId: string | null;
  readonly clip: Clip | null;
  readonly system: string | null;
  readonly sampling: Sampling;
}

export interface ConversationState {
  /** Null until the first question of a new conversation is kept. */
  readonly id: string | null;
  readonly title: string | null;
  readonly turns: readonly Turn[];
  /** The question being edited. */
  readonly editingId: string | null;
  readonly loading: boolean;
  /** Why a stored conversation could not be shown. */
  readonly failure: Failure | null;
  /** Counts the conversations that took the screen: with a turn's place it is that turn's lasting identity. */
  readonly view: number;
}

const fresh: ConversationState = {
  id: null,
  title: null,
  turns: [],
  editingId: null,
  loading: false,
  failure: null,
  view: 0,
};

/** Starts the ids of what the engine has not kept (yet). */
const local = 'local-';
/** How long the engine is given to write down what was said when an answer was stopped. */
const settleMs = 150;
const statisticsMs = 1_500;
const pollMs = 400;

/** The conversation on screen and the answer under way. */
export function createConversationStore(engine: EngineAccess) {
  const store = createStore<ConversationState>(() => fresh);
  const { getState, setState } = store;
  /** The answer that the screen follows. */
  let asking: AbortController | null = null;
  /** Every answer under way, by conversation: one goes on when the user looks at another conversation. */
  const running = new Map<string, AbortController>();
  /** Changes whenever another conversation takes the screen. */
  let ticket = 0;
  let localIds = 0;

  const editAnswer = (id: string, edit: (answer: Answer) => Answer): void =>
    setState((state) => ({
      turns: state.turns.map((turn) => (turn.role === 'assistant' && turn.id === id ? edit(turn) : turn)),
    }));

  const leave = (): void => {
    asking = null;
    ticket += 1;
  };

  const show = (kept: Conversation): void => {
    const { id, turns } = getState();
    // What never reached the engine is kept by the window alone.
    const unsent = id === kept.id ? turns.filter((turn) => turn.id.startsWith(local)) : [];
    setState({
      id: kept.id,
      title: kept.title,
      turns: [...kept.messages.map(turnOf), ...unsent],
      loading: false,
      failure: null,
    });
  };

  /** Takes over what the engine has kept until no answer in it is under way, or the screen shows something else. */
  const follow = async (mine: number, delayMs: number): Promise<void> => {
    for (let delay = delayMs; ; delay = Math.min(delay * 1.5, 1_500)) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      const { id } = getState();
      if (mine !== ticket || asking !== null || id === null) return;
      try {
        const kept = await engine.client().conversations.get({ id });
        if (mine !== ticket || asking !== null) return;
        show(kept);
        if (!hasUnfinished(kept)) return;
      } catch {
        return;
      }
    }
  };

  /** Asks, and follows the answer to its end. `replaceFrom` and what follows it give way to the question. */
  const ask = async (text: string, subject: Subject, replaceFrom: string | null = null): Promise<void> => {
    if (asking !== null) return;
    const mine = ticket;
    const stop = new AbortController();
    asking = stop;
    localIds += 1;
    const question: Turn = { role: 'user', id: `${local}question-${localIds}`, text, createdAt: Date.now() };
    let answerId = `${local}answer-${localIds}`;
    const before = getState();
    // What was never kept by the engine cannot be replaced there, only here.
    const known = replaceFrom?.startsWith(local) ? null : replaceFrom;
    setState({
      turns: [...turnsBefore(before.turns, replaceFrom), question, blankAnswer(answerId, Date.now())],
      editingId: null,
    });
    const end = (why: 'stopped' | 'ended' | Failure): void => {
      if (mine === ticket) editAnswer(answerId, (answer) => afterEnd(answer, why));
    };
    try {
      const events = await engine
        .client()
        .ask.send(
          { ...subject, question: text, conversationId: before.id, replaceFrom: known },
          { signal: stop.signal },
        );
      for await (const event of events) {
        if (event.type === 'started') running.set(event.conversationId, stop);
        if (mine !== ticket) continue;
        if (event.type === 'started') {
          const { conversationId: id, questionId } = event;
          setState((state) => ({
            id,
            turns: state.turns.map((turn) => (turn.id === question.id ? { ...turn, id: questionId } : turn)),
          }));
          editAnswer(answerId, (answer) => afterEvent(answer, event));
          answerId = event.answerId;
        } else {
          editAnswer(answerId, (answer) => afterEvent(answer, event));
        }
      }
      end(stop.signal.aborted ? 'stopped' : 'ended');
    } catch (error) {
      end(stop.signal.aborted ? 'stopped' : toFailure(error));
    } finally {
      if (asking === stop) asking = null;
      for (const [id, controller] of running) if (controller === stop) running.delete(id);
      // At once for the words that were kept, and later for the statistics.
      if (stop.signal.aborted) void follow(mine, settleMs).then(() => follow(mine, statisticsMs));
    }
  };

  return {
    store,
    ask,
    stop: (): void => {
      const { id } = getState();
      const controller = asking ?? (id === null ? undefined : running.get(id));
      controller?.abort();
    },
    /** Asks the question of this answer again. */
    again: async (answerId: string, subject: Subject): Promise<void> => {
      const question = questionOf(getState().turns, answerId);
      if (question) await ask(question.text, subject, question.id);
    },
    edit: (questionId: string | null): void => setState({ editingId: questionId }),
    startNew: (): void => {
      leave();
      setState({ ...fresh, view: ticket });
    },
    /** Shows a stored conversation; resolves to it where it is still the one wanted. */
    open: async (id: string): Promise<Conversation | null> => {
      leave();
      const mine = ticket;
      setState({ ...fresh, view: mine, id, loading: true });
      try {
        const conversation = await engine.client().conversations.get({ id });
        if (mine !== ticket) return null;
        show(conversation);
        if (hasUnfinished(conversation)) void follow(mine, pollMs);
        return conversation;
      } catch (error) {
        if (mine === ticket) setState({ ...fresh, view: mine, id, failure: toFailure(error) });
        return null;
      }
    },
    /** After a reconnection: takes over what the engine has kept. What is on screen stays where it has nothing. */
    reload: async (): Promise<void> => {
      const { id } = getState();
      const mine = ticket;
      if (id === null || asking !== null) return;
      try {
        const kept = await engine.client().conversations.get({ id });
        if (mine !== ticket || asking !== null) return;
        show(kept);
        if (hasUnfinished(kept)) void follow(mine, pollMs);
      } catch (error) {
        const failure = toFailure(error);
        if (failure.kind !== 'disconnected' && getState().turns.length === 0) setState({ failure });
      }
    },
    retitle: (id: string, title: string): void => {
      if (getState().id === id) setState({ title });
    },
  };
}

/** True while the last answer is being made, by this window's question or by another's. */
export function isAnswering(state: ConversationState): boolean {
  const last = state.turns.at(-1);
  return last?.role === 'assistant' && last.state === 'streaming';
}

function hasUnfinished(conversation: Conversation): boolean {
  return conversation.messages.some(
    (message) => message.role === 'assistant' && message.state === 'streaming',
  );
}
