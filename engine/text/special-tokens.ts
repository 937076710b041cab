import type { AddedToken } from './tokenizer-parts.ts';

/** A Unicode noncharacter, reserved for internal use: stands behind a character that begins no special token. */
export const literalMark = '\uFDD0';

export type Section =
  | { readonly kind: 'special'; readonly id: number }
  | { readonly kind: 'text'; readonly text: string };

export interface SpecialTokens {
  /** The text cut at special tokens, longest first where several fit; marks removed. No empty texts. */
  split(text: string): readonly Section[];
  literal(text: string): string;
}

export function specialTokens(tokens: readonly AddedToken[]): SpecialTokens {
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const contents = [...byContent.keys()].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const cut = contents.length === 0 ? null : new RegExp(`(${contents.join('|')})`, 'u');
  const starts = new Set(
    [...byContent.keys()].map((content) => String.fromCodePoint(content.codePointAt(0)!)),
  );
  const start = starts.size === 0 ? null : new RegExp([...starts].map(escapeRegExp).join('|'), 'gu');
  return {
    literal: (text) => {
      const plain = text.replaceAll(literalMark, '');
      return start ? plain.replace(start, (first) => first + literalMark) : plain;
    },
    split: (text) => {
      const parts = cut ? text.split(cut) : [text];
      // A special token may swallow the white space beside it (AddedToken.lstrip, rstrip).
      const trimmed = parts.map((part, i) => {
        if (i % 2 === 1) return part;
        const before = byContent.get(parts[i - 1] ?? '');
        const after = byContent.get(parts[i + 1] ?? '');
        const left = before?.rstrip ? part.trimStart() : part;
        return after?.lstrip ? left.trimEnd() : left;
      });
      return trimmed.flatMap((part, i): Section[] => {
        const token = i % 2 === 1 ? byContent.get(part) : undefined;
        if (token) return [{ kind: 'special', id: token.id }];
        const plain = part.replaceAll(literalMark, '');
        return plain === '' ? [] : [{ kind: 'text', text: plain }];
      });
    },
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}
