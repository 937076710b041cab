import { ExpectedError } from '../contract/errors.ts';
import type { ChatMessage, ChatTemplate } from './chat-template.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface ChatTurn {
  readonly role: 'system' | 'user' | 'assistant';
  readonly text: string;
  /** An answer's ids as they were generated, where known: text cut into tokens again may give others. */
  readonly ids?: readonly number[];
}

/** A prompt as the language model gets it: token ids with, at one place, the video's embeddings. */
export type PromptSegment =
  | { readonly kind: 'tokens'; readonly ids: readonly number[] }
  | { readonly kind: 'visual' };

/**
 * Where the video's embeddings go. `after-bos`: behind the id that begins the prompt, or at index 0 where there is
 * none (MERV's rule, merv/models/vidlms/merv.py). `marker`: in place of `<video>` in the system turn, or, where
 * that has none, in a line of its own before the first user turn. `none`: there is no video.
 */
export type VisualPlace = 'after-bos' | 'marker' | 'none';

export const visualMarker = '<video>';

export interface PromptRequest {
  /** A conversation; the last turn is the user's. */
  readonly turns: readonly ChatTurn[];
  readonly template: ChatTemplate;
  readonly tokenizer: Tokenizer;
  readonly visual: VisualPlace;
}

/** Unicode noncharacters that stand for the video and for an answer while the template works; typed ones are dropped. */
const videoSign = '\uFDD1';
const answerSign = '\uFDD2';
const signs = /[\uFDD1\uFDD2]/gu;

/**
 * Turns to token ids. What was typed is taken literally: a `<video>` or `<|im_end|>` in it is text.
 *
 * Prompts of one conversation extend each other: the ids of turn k+1 begin with those of turn k followed by the ids
 * of its answer, so that keys and values computed for turn k are used again. To that end an answer in the history is
 * encoded by itself (or given as `ids`, a final end-of-answer id left out), never together with what surrounds it,
 * and white space that the template writes between its prompt and an answer is left to the answer.
 * Throws ExpectedError 'model_unsupported' when the template fails or loses the video's place.
 */
export function buildPrompt(request: PromptRequest): readonly PromptSegment[] {
  const { turns, tokenizer, visual } = request;
  const answers = turns.filter((turn) => turn.role === 'assistant');
  const segments: PromptSegment[] = [];
  for (const [index, text] of splitAtAnswers(request).entries()) {
    const [before, ...after] = text.split(videoSign);
    appendIds(segments, tokenizer.encode(before ?? ''));
    for (const part of after) {
      segments.push({ kind: 'visual' });
      appendIds(segments, tokenizer.encode(part));
    }
    const answer = answers[index];
    if (answer) appendIds(segments, answerIds(answer, tokenizer));
  }
  const begun = withBos(segments, tokenizer.bosId);
  if (visual === 'after-bos') return afterBos(begun, tokenizer.bosId);
  const places = begun.filter((segment) => segment.kind === 'visual').length;
  if (places !== (visual === 'marker' ? 1 : 0)) throw lost(places);
  return begun;
}

function lost(places: number): ExpectedError {
  return new ExpectedError(
    'model_unsupported',
    `The model's chat template writes the place for the video ${places} times.`,
    'Choose another model.',
  );
}

/** The rendered conversation cut where each answer stands; one text more than there are answers. */
function splitAtAnswers({ turns, template, tokenizer, visual }: PromptRequest): readonly string[] {
  const messages = turns.map((turn, index) => message(turn, index, turns, tokenizer, visual));
  const whole = template.render(messages);
  const parts = whole.split(answerSign);
  const answers = messages.filter(({ role }) => role === 'assistant').length;
  if (parts.length !== answers + 1) {
    throw new ExpectedError(
      'model_unsupported',
      "The model's chat template leaves out earlier answers.",
      'Start a new conversation.',
    );
  }
  let end = 0;
  let answer = 0;
  for (const [index, { role }] of messages.entries()) {
    if (role !== 'assistant') continue;
    const part = parts[answer]!;
    const asked = template.render(messages.slice(0, index));
    const gap = whole.slice(asked.length, end + part.length);
    if (asked.length >= end && whole.startsWith(asked) && gap.trim() === '') {
      parts[answer] = whole.slice(end, asked.length);
    }
    end += part.length + answerSign.length;
    answer++;
  }
  return parts;
}

function message(
  turn: ChatTurn,
  index: number,
  turns: readonly ChatTurn[],
  tokenizer: Tokenizer,
  visual: VisualPlace,
): ChatMessage {
  const { role } = turn;
  if (role === 'assistant') return { role, content: answerSign };
  const literal = (text: string): string => tokenizer.literal(text.replace(signs, ''));
  if (visual !== 'marker') return { role, content: literal(turn.text) };
  const marked = turns.find((other) => other.role === 'system' && other.text.includes(visualMarker));
  if (turn === marked) {
    const at = turn.text.indexOf(visualMarker);
    const rest = turn.text.slice(at + visualMarker.length);
    return { role, content: literal(turn.text.slice(0, at)) + videoSign + literal(rest) };
  }
  const isFirstUser = role === 'user' && turns.findIndex((other) => other.role === 'user') === index;
  const content = literal(turn.text);
  return { role, content: isFirstUser && !marked ? `${videoSign}\n${content}` : content };
}

/** An answer of the history as ids, without one that ended it. */
export function answerIds(turn: ChatTurn, tokenizer: Tokenizer): readonly number[] {
  if (!turn.ids) return tokenizer.encode(tokenizer.literal(turn.text));
  const last = turn.ids.at(-1);
  return last !== undefined && tokenizer.eosIds.has(last) ? turn.ids.slice(0, -1) : turn.ids;
}

function appendIds(segments: PromptSegment[], ids: readonly number[]): void {
  if (ids.length === 0) return;
  const last = segments.at(-1);
  if (last?.kind === 'tokens') segments[segments.length - 1] = { kind: 'tokens', ids: last.ids.concat(ids) };
  else segments.push({ kind: 'tokens', ids });
}

/** Most templates write the first token themselves; where they do not, it is put in front, never twice. */
function withBos(segments: readonly PromptSegment[], bosId: number | null): readonly PromptSegment[] {
  if (bosId === null) return segments;
  const [first, ...rest] = segments;
  if (first?.kind !== 'tokens') return [{ kind: 'tokens', ids: [bosId] }, ...segments];
  return first.ids[0] === bosId ? segments : [{ kind: 'tokens', ids: [bosId, ...first.ids] }, ...rest];
}

/** The video behind the id that begins the prompt, or in front of everything where there is none. */
export function afterBos(segments: readonly PromptSegment[], bosId: number | null): readonly PromptSegment[] {
  const [first, ...rest] = segments;
  if (bosId === null || first?.kind !== 'tokens') return [{ kind: 'visual' }, ...segments];
  const after = first.ids.slice(1);
  const tail: readonly PromptSegment[] =
    after.length === 0 ? rest : [{ kind: 'tokens', ids: after }, ...rest];
  return [{ kind: 'tokens', ids: [bosId] }, { kind: 'visual' }, ...tail];
}
