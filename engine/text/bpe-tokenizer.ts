import { cutterAt, literalAgainst, type Section, withoutMarks } from './added-tokens.ts';
import { wordEncoder } from './bpe.ts';
import { decodingRule, type TokenBytes } from './token-bytes.ts';
import { decodeAll, streamOf } from './token-decoder.ts';
import type { Tokenizer } from './tokenizer.ts';
import { damagedTokenizer, mostTokens, type TokenizerParts } from './tokenizer-parts.ts';
import { wordCutter } from './word-cutter.ts';

export interface TokenizerSettings {
  readonly bosId: number | null;
  readonly eosIds: ReadonlySet<number>;
  readonly namedTokens: Readonly<Record<string, string>>;
}

/**
 * A tokenizer from its parts. Special tokens are cut out before anything else sees the text, so that typed text can be
 * kept from becoming one. Throws ExpectedError 'model_unsupported', 'file_corrupt'.
 */
export function bpeTokenizer(parts: TokenizerParts, settings: TokenizerSettings): Tokenizer {
  const rule = decodingRule(parts);
  const vocabSize = sizeOf(parts);
  const tokens: (TokenBytes | undefined)[] = [];
  let texts: readonly (string | undefined)[] | null = null;
  const tokenText = (id: number): TokenBytes | undefined => {
    texts ??= tokenTexts(parts);
    const text = texts[id];
    if (text === undefined) return undefined;
    tokens[id] ??= rule.tokenBytes(text);
    return tokens[id];
  };
  const special = parts.added.filter((token) => token.special);
  return {
    ...settings,
    vocabSize,
    specials: new Map(special.map(({ id, content }) => [id, content])),
    literal: literalAgainst(special),
    encode: encoder(parts),
    decode: (ids) => decodeAll(ids, tokenText, rule),
    stream: () => streamOf(tokenText, rule),
  };
}

function encoder(parts: TokenizerParts): (text: string) => number[] {
  const cutter = wordCutter(parts);
  const encodeWord = wordEncoder(parts);
  const special = cutterAt(parts.added.filter((token) => token.special));
  const whole = cutterAt(parts.added.filter((token) => !token.special && !token.normalized));
  const normalised = cutterAt(
    parts.added.filter((token) => !token.special && token.normalized),
    ({ content }) => cutter.normalise(content),
  );
  return (text) => {
    const ids: number[] = [];
    let index = 0;
    const add = (section: Section, then: (text: string) => void): void => {
      if (section.kind === 'text') then(section.text);
      else {
        ids.push(section.id);
        index++;
      }
    };
    const addWords = (plain: string): void => {
      for (const word of cutter.words(plain, index)) for (const id of encodeWord(word)) ids.push(id);
      index++;
    };
    for (const first of special(text)) {
      add(first, (marked) => {
        for (const second of whole(withoutMarks(marked))) {
          add(second, (plain) => {
            for (const third of normalised(cutter.normalise(plain))) add(third, addWords);
          });
        }
      });
    }
    return ids;
  };
}

/** One more than the largest id. */
function sizeOf({ ids, added, file }: TokenizerParts): number {
  let largest = -1;
  for (const id of ids.values()) if (id > largest) largest = id;
  for (const { id } of added) if (id > largest) largest = id;
  if (largest >= mostTokens) throw damagedTokenizer(file, `it has a token with id ${largest}`);
  return largest + 1;
}

/** Text by id, with holes for special tokens: those never show. */
function tokenTexts({ ids, added }: TokenizerParts): readonly (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (const [text, id] of ids) texts[id] = text;
  for (const token of added) texts[token.id] = token.special ? undefined : token.content;
  return texts;
}
