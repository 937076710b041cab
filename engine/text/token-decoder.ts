import type { DecodingRule, TokenBytes } from './token-bytes.ts';
import type { TokenStream } from './tokenizer.ts';

/** The tokens that appear in text by id; special and unknown ids give undefined. */
export type TokenText = (id: number) => TokenBytes | undefined;

/** All ids at once, as tokenizers' decoders do it. */
export function decodeAll(ids: readonly number[], tokenText: TokenText, rule: DecodingRule): string {
  const tokens = ids.flatMap((id) => tokenText(id) ?? []);
  let text = '';
  for (let at = 0; at < tokens.length; ) {
    let end = at + 1;
    while (end < tokens.length && tokens[end]!.isFallback === tokens[at]!.isFallback) end++;
    const run = tokens.slice(at, end).map(({ bytes }) => bytes);
    text += tokens[at]!.isFallback ? decodeFallback(run) : lenient().decode(Buffer.concat(run));
    at = end;
  }
  return rule.dropsLeadingSpace && text.startsWith(' ') ? text.slice(1) : text;
}

/** A run of byte tokens is text as a whole or not at all: one U+FFFD for each (tokenizers' ByteFallback decoder). */
function decodeFallback(run: readonly Uint8Array[]): string {
  try {
    return new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(Buffer.concat(run));
  } catch {
    return '\uFFFD'.repeat(run.length);
  }
}

const lenient = (): TextDecoder => new TextDecoder('utf-8', { ignoreBOM: true });

export function streamOf(tokenText: TokenText, rule: DecodingRule): TokenStream {
  const decoder = lenient();
  let inFallback = false;
  let atStart = true;
  const emit = (text: string): string => {
    if (text === '') return '';
    const kept = atStart && rule.dropsLeadingSpace && text.startsWith(' ') ? text.slice(1) : text;
    atStart = false;
    return kept;
  };
  return {
    push: (id) => {
      const token = tokenText(id);
      if (!token) return '';
      // A byte token's character ends with the run: what follows is whole text of its own.
      const rest = inFallback && !token.isFallback ? decoder.decode() : '';
      inFallback = token.isFallback;
      return emit(rest + decoder.decode(token.bytes, { stream: true }));
    },
    end: () => emit(decoder.decode()),
  };
}
