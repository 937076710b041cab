import type { AddedToken } from './tokenizer-parts.ts';

/** A Unicode noncharacter, reserved for internal use: stands behind a character that begins a special token. */
const literalMark = '\uFDD0';

export type Section =
  | { readonly kind: 'token'; readonly id: number }
  | { readonly kind: 'text'; readonly text: string };

/** Cuts a text at added tokens, the longest first where several fit. No empty texts. */
export type Cutter = (text: string) => readonly Section[];

/** `contentOf` says how a token is written in the texts that are cut. */
export function cutterAt(
  tokens: readonly AddedToken[],
  contentOf: (token: AddedToken) => string = (token) => token.content,
): Cutter {
  const byFirst = new Map<string, { readonly content: string; readonly token: AddedToken }[]>();
  for (const token of tokens) {
    const content = contentOf(token);
    if (content === '') continue;
    const same = byFirst.get(content[0]!);
    if (same) same.push({ content, token });
    else byFirst.set(content[0]!, [{ content, token }]);
  }
  for (const same of byFirst.values()) same.sort((a, b) => b.content.length - a.content.length);
  return (text) => {
    const sections: Section[] = [];
    let from = 0;
    let trims = false;
    const addText = (end: number, trimsEnd: boolean): void => {
      let piece = text.slice(from, end);
      // A token may swallow the white space beside it.
      if (trims) piece = piece.trimStart();
      if (trimsEnd) piece = piece.trimEnd();
      if (piece !== '') sections.push({ kind: 'text', text: piece });
    };
    for (let at = 0; at < text.length; ) {
      const found = byFirst.get(text[at]!)?.find(({ content }) => text.startsWith(content, at));
      if (!found) {
        at++;
        continue;
      }
      addText(at, found.token.lstrip);
      sections.push({ kind: 'token', id: found.token.id });
      at += found.content.length;
      from = at;
      trims = found.token.rstrip;
    }
    addText(text.length, false);
    return sections;
  };
}

/** Marks a text so that none of these tokens is found in it, also inside a longer text. */
export function literalAgainst(tokens: readonly AddedToken[]): (text: string) => string {
  const starts = new Set(tokens.map(({ content }) => String.fromCodePoint(content.codePointAt(0)!)));
  return (text) => {
    let marked = '';
    for (const character of withoutMarks(text)) {
      marked += starts.has(character) ? character + literalMark : character;
    }
    return marked;
  };
}

export const withoutMarks = (text: string): string => text.replaceAll(literalMark, '');
