import type { AnswerStats } from '../contract/ask.ts';
import { ExpectedError } from '../contract/errors.ts';
import type { AnswerRecord, ConversationStore } from '../store/conversations.ts';

/** A kill loses at most this much of an answer. */
const saveEveryMs = 300;
/** Saved at least so often, so that other engines see that this one lives. */
const beatEveryMs = 10_000;

/** An answer's text while it grows. */
export interface Notes {
  /** Why the answer could not be kept, if so; the run was aborted then. */
  readonly failure: unknown;
  add(text: string): void;
  replace(text: string): void;
  close(state: 'done' | 'stopped' | 'interrupted', stats: AnswerStats | null): void;
  fail(error: unknown): void;
  stopSaving(): void;
}

/** Saves the text at most every {@link saveEveryMs} until {@link Notes.stopSaving} is called; `abort` stops the run when it cannot. */
export function takeNotes(answerId: string, conversations: ConversationStore, abort: AbortController): Notes {
  let text = '';
  let saved = { text: '', at: Date.now() };
  let failure: unknown = null;

  const save = (state: AnswerRecord['state'], rest: Partial<AnswerRecord> = {}): void => {
    try {
      conversations.saveAnswer(answerId, { text, state, stats: null, error: null, ...rest });
      saved = { text, at: Date.now() };
    } catch (error) {
      if (failure !== null) return;
      failure = error;
      abort.abort();
    }
  };
  const timer = setInterval(() => {
    if (abort.signal.aborted) return;
    if (saved.text !== text || Date.now() - saved.at > beatEveryMs) save('streaming');
  }, saveEveryMs);
  timer.unref();

  return {
    get failure() {
      return failure;
    },
    add(more) {
      text += more;
    },
    replace(whole) {
      text = whole;
    },
    close: (state, stats) => save(state, { stats }),
    fail: (error) => save('failed', { error: dataOf(error) }),
    stopSaving: () => clearInterval(timer),
  };
}

function dataOf(error: unknown): AnswerRecord['error'] {
  if (error instanceof ExpectedError) return error.toData();
  return {
    code: 'engine_stopped',
    sentence: 'The engine failed inside while it answered.',
    remedy: 'Ask again; if it happens again, run the doctor and look into the log.',
  };
}
