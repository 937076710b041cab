import type { AnswerStats, AskEvent } from '../../engine/contract/ask.ts';
import type { Message } from '../../engine/contract/conversations.ts';
import { expected, type Failure } from './failure.ts';

/** What the engine is doing for the answer under way. */
export type Stage =
  | { readonly kind: 'sending' }
  /** So many answers, of other conversations or windows, come first. */
  | { readonly kind: 'waiting'; readonly ahead: number }
  | { readonly kind: 'loading'; readonly part: string }
  | { readonly kind: 'decoding' }
  | { readonly kind: 'encoding'; readonly encoder: string; readonly done: number; readonly total: number }
  | { readonly kind: 'reading'; readonly done: number; readonly total: number }
  | { readonly kind: 'writing'; readonly generated: number };

export interface Question {
  readonly role: 'user';
  readonly id: string;
  readonly text: string;
  readonly createdAt: number;
}

export interface Answer {
  readonly role: 'assistant';
  readonly id: string;
  readonly text: string;
  readonly createdAt: number;
  readonly state: 'streaming' | 'done' | 'stopped' | 'interrupted' | 'failed';
  readonly stats: AnswerStats | null;
  readonly failure: Failure | null;
  /** Null unless this window is receiving the answer. */
  readonly stage: Stage | null;
}

export type Turn = Question | Answer;

export function turnOf(message: Message): Turn {
  if (message.role === 'user') return message;
  const { error, ...rest } = message;
  return { ...rest, failure: error && expected(error), stage: null };
}

/** An answer that has just been asked for. */
export function blankAnswer(id: string, createdAt: number): Answer {
  return {
    role: 'assistant',
    id,
    text: '',
    createdAt,
    state: 'streaming',
    stats: null,
    failure: null,
    stage: { kind: 'sending' },
  };
}

/** The answer after one event of its stream. */
export function afterEvent(answer: Answer, event: AskEvent): Answer {
  switch (event.type) {
    case 'started':
      return { ...answer, id: event.answerId, stage: { kind: 'decoding' } };
    case 'waiting':
      return { ...answer, stage: { kind: 'waiting', ahead: event.ahead } };
    case 'loading':
      return { ...answer, stage: { kind: 'loading', part: event.part } };
    case 'frames': {
      const [first] = event.encoders;
      if (!first) return { ...answer, stage: { kind: 'decoding' } };
      return {
        ...answer,
        stage: { kind: 'encoding', encoder: first.encoder, done: 0, total: first.frames.length },
      };
    }
    case 'encoder':
      return {
        ...answer,
        stage: { kind: 'encoding', encoder: event.encoder, done: event.done, total: event.total },
      };
    case 'prompt':
      return { ...answer, stage: { kind: 'reading', done: event.cached, total: event.tokens } };
    case 'prefill':
      return { ...answer, stage: { kind: 'reading', done: event.done, total: event.total } };
    case 'token':
      return {
        ...answer,
        text: answer.text + event.text,
        stage: { kind: 'writing', generated: event.generated },
      };
    case 'done': {
      const state = event.stats.finish === 'cancelled' ? 'stopped' : 'done';
      return { ...answer, text: event.text, state, stats: event.stats, stage: null };
    }
    default:
      return event satisfies never;
  }
}

/** The answer whose stream broke off: by the user's Stop, by a failure, or because the engine went away. */
export function afterEnd(answer: Answer, why: 'stopped' | 'ended' | Failure): Answer {
  if (answer.state !== 'streaming') return { ...answer, stage: null };
  if (why === 'stopped') return { ...answer, state: 'stopped', stage: null };
  if (why === 'ended' || why.kind === 'disconnected') return { ...answer, state: 'interrupted', stage: null };
  if (why.kind === 'expected' && why.code === 'cancelled')
    return { ...answer, state: 'stopped', stage: null };
  if (why.kind === 'expected' && why.code === 'engine_stopped') {
    return { ...answer, state: 'interrupted', stage: null };
  }
  return { ...answer, state: 'failed', failure: why, stage: null };
}

/** The question that this answer belongs to: the last one before it. */
export function questionOf(turns: readonly Turn[], answerId: string): Question | null {
  const at = turns.findIndex((turn) => turn.id === answerId);
  for (let i = at - 1; i >= 0; i--) {
    const turn = turns[i];
    if (turn?.role === 'user') return turn;
  }
  return null;
}

/** The turns that stay when `id` and what follows are replaced; all of them for null. */
export function turnsBefore(turns: readonly Turn[], id: string | null): readonly Turn[] {
  const at = id === null ? -1 : turns.findIndex((turn) => turn.id === id);
  return at < 0 ? turns : turns.slice(0, at);
}
