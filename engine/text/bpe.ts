import { damagedTokenizer, type TokenizerParts } from './tokenizer-parts.ts';

/** Words kept with their ids; a prompt has far fewer different ones. */
const mostWords = 20_000;
const longestWord = 256;

const utf8 = new TextEncoder();

/**
 * Byte-pair encoding of one word (tokenizers' models/bpe): the neighbours with the lowest rank are joined first, the
 * leftmost where ranks are equal, in n log n. Throws ExpectedError 'file_corrupt' where a merge makes what is no token.
 */
export function wordEncoder(parts: TokenizerParts): (word: string) => readonly number[] {
  const { ids, merges, ignoreMerges, file } = parts;
  const words = new Map<string, readonly number[]>();
  const encode = (word: string): readonly number[] => {
    const whole = ignoreMerges ? ids.get(word) : undefined;
    if (whole !== undefined) return [whole];
    return merged(symbolsOf(word, parts), merges).map((symbol) => {
      const id = ids.get(symbol);
      if (id === undefined) throw damagedTokenizer(file, `its merges make ${symbol}, which is no token`);
      return id;
    });
  };
  return (word) => {
    const known = words.get(word);
    if (known) return known;
    const found = encode(word);
    if (words.size >= mostWords) words.clear();
    if (word.length <= longestWord) words.set(word, found);
    return found;
  };
}

/** The word's characters, or what stands for those that are no token. */
function symbolsOf(
  word: string,
  { ids, unknown, byteFallback, fuseUnknown }: TokenizerParts,
): readonly string[] {
  const symbols: string[] = [];
  let afterUnknown = false;
  for (const character of word) {
    if (ids.has(character)) {
      symbols.push(character);
      afterUnknown = false;
      continue;
    }
    const bytes = byteFallback ? Array.from(utf8.encode(character), byteToken) : [];
    if (bytes.length > 0 && bytes.every((byte) => ids.has(byte))) {
      symbols.push(...bytes);
      afterUnknown = false;
    } else if (unknown !== null && ids.has(unknown)) {
      if (!(afterUnknown && fuseUnknown)) symbols.push(unknown);
      afterUnknown = true;
    }
  }
  return symbols;
}

const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** A rank and a place in one number, in that order. */
const places = 2 ** 31;

function merged(symbols: readonly string[], merges: ReadonlyMap<string, number>): readonly string[] {
  if (symbols.length < 2) return symbols;
  const count = symbols.length;
  // Joined symbols stand at the place of their first; places of the others are empty.
  const at = [...symbols];
  const next = at.map((_, i) => i + 1);
  const previous = at.map((_, i) => i - 1);
  const rankAt = (i: number): number | undefined => {
    const right = next[i]!;
    return right < count ? merges.get(`${at[i]} ${at[right]}`) : undefined;
  };
  const heap: number[] = [];
  const offer = (i: number): void => {
    const rank = rankAt(i);
    if (rank !== undefined) push(heap, rank * places + i);
  };
  for (let i = 0; i < count; i++) offer(i);
  while (heap.length > 0) {
    const best = pop(heap);
    const i = best % places;
    if (at[i] === '' || rankAt(i) !== (best - i) / places) continue;
    const right = next[i]!;
    at[i] += at[right]!;
    at[right] = '';
    next[i] = next[right]!;
    if (next[i]! < count) previous[next[i]!] = i;
    if (previous[i]! >= 0) offer(previous[i]!);
    offer(i);
  }
  return at.filter((symbol) => symbol !== '');
}

/** A binary heap, the least first. */
function push(heap: number[], value: number): void {
  let i = heap.push(value) - 1;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[i] = heap[parent]!;
    i = parent;
  }
  heap[i] = value;
}

function pop(heap: number[]): number {
  const least = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return least;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = last;
  return least;
}
