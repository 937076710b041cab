import { type Step, type TokenizerParts, unsupportedTokenizer } from './tokenizer-parts.ts';

/** The text a token stands for, as bytes, since a character may be spread over several. */
export interface TokenBytes {
  readonly bytes: Uint8Array;
  /** A single byte of SentencePiece's byte fallback (`<0xF0>`), which may belong to a longer character. */
  readonly isFallback: boolean;
}

/** How a model's tokens become text. */
export interface DecodingRule {
  tokenBytes(token: string): TokenBytes;
  /** One leading space of the whole text is dropped (SentencePiece puts one in front of every text). */
  readonly dropsLeadingSpace: boolean;
}

const utf8 = new TextEncoder();
const wordStart = '\u2581';

/** The rule behind tokenizer.json's `decoder`: ByteLevel (GPT-2's), or SentencePiece's with byte fallback. */
export function decodingRule({ decoder, file }: Pick<TokenizerParts, 'decoder' | 'file'>): DecodingRule {
  const steps = flatten(decoder);
  const find = (type: string): Step | undefined => steps.find((step) => step.type === type);
  if (find('ByteLevel')) return { tokenBytes: byteLevelBytes, dropsLeadingSpace: false };
  const metaspace = find('Metaspace');
  if (!metaspace && !find('Replace')) {
    throw unsupportedTokenizer(
      file,
      `its decoder ${steps.map((step) => step.type).join(', ') || 'is missing'}`,
    );
  }
  return {
    tokenBytes: find('ByteFallback') ? fallbackBytes : pieceBytes,
    dropsLeadingSpace: metaspace ? metaspace.prepend_scheme !== 'never' : find('Strip') !== undefined,
  };
}

function flatten(step: Step | null): readonly Step[] {
  if (!step) return [];
  const inner = step.type === 'Sequence' && Array.isArray(step.decoders) ? step.decoders : null;
  return inner ? inner.flatMap((item: Step) => flatten(item)) : [step];
}

function pieceBytes(token: string): TokenBytes {
  return { bytes: utf8.encode(token.replaceAll(wordStart, ' ')), isFallback: false };
}

function fallbackBytes(token: string): TokenBytes {
  const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
  return match
    ? { bytes: Uint8Array.of(Number.parseInt(match[1]!, 16)), isFallback: true }
    : pieceBytes(token);
}

/** GPT-2's `bytes_to_unicode` reversed: printable Latin-1 stands for itself, the other bytes follow from U+0100 on. */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const map = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
    map.set(String.fromCharCode(printable ? byte : next++), byte);
  }
  return map;
})();

function byteLevelBytes(token: string): TokenBytes {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOfCharacter.get(character);
    // An added token may hold any text: then it stands for itself.
    if (byte === undefined) return { bytes: utf8.encode(token), isFallback: false };
    bytes.push(byte);
  }
  return { bytes: Uint8Array.from(bytes), isFallback: false };
}
