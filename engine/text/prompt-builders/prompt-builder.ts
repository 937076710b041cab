/** A way to write a conversation as one text, to the letter as the reference does it (merv/models/backbones/llm/prompting). */
export interface PromptBuilder {
  /** Stands in front of the first turn. */
  readonly opening: string;
  /** False where the reference takes no other system text than its own. */
  readonly takesSystem: boolean;
  /** What is left of a message before it is put in place; the reference removes `<image>` here and never `<video>`. */
  clean(message: string): string;
  /** A question in its place; `system` is null for the builder's own text and matters for the first question only. */
  human(message: string, system: string | null, first: boolean): string;
  /** An answer in its place, without its end. */
  answer(message: string): string;
  /** What ends an answer. */
  readonly end: string;
  /** What `finish` takes away between a question and its answer. */
  readonly gap: string;
  /** The whole text as the tokenizer gets it, up to where the next answer begins. */
  finish(text: string): string;
}

/** What `str.isspace` of Python means: JavaScript's `trim` knows U+FEFF besides, and not U+001C to U+001F and U+0085. */
const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leading = new RegExp(`^${space}+`, 'u');
const isSpace = new RegExp(`^${space}$`, 'u');

/** Python's `str.rstrip()`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** Python's `str.strip()`. */
export function strip(text: string): string {
  return stripEnd(text).replace(leading, '');
}

const begin = '<s>';

/**
 * Shared by the builders for LLaMA-2 and its kin. The first `<s>` goes, since the tokenizer puts its own; later ones stay.
 * White space at the end goes too, so that the space before an answer is the first token's of the answer.
 */
export const ofLlama2: Omit<PromptBuilder, 'human'> = {
  opening: '',
  takesSystem: true,
  clean: (message) => strip(message.replaceAll('<image>', '')),
  answer: (message) => (message === '' ? ' ' : message),
  end: '</s>',
  gap: ' ',
  finish: (text) => stripEnd(text.startsWith(begin) ? text.slice(begin.length) : text),
};

/** Shared by the builders that write a model's own chat format: messages are taken as they are. */
export const ofChatFormat: Omit<PromptBuilder, 'human' | 'opening' | 'end'> = {
  takesSystem: false,
  clean: (message) => message,
  answer: (message) => message,
  gap: '',
  finish: (text) => text,
};

/** The reference's system text of the model family "merv" (not of its Vicuna builder). */
export const assistantSystem =
  'You are a helpful language and vision assistant. You are able to understand the visual content that the user ' +
  'provides, and assist the user with a variety of tasks using natural language.';
