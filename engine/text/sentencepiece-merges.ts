/**
 * The BPE merges behind a SentencePiece vocabulary: every split of a piece into two pieces, the better score first, then
 * the longer left and the longer right side (transformers 4.44.2, convert_slow_tokenizer.py, `generate_merges`, which the
 * reference's tokenizers went through). `scores` by id.
 */
export function sentencePieceMerges(
  ids: ReadonlyMap<string, number>,
  scores: readonly number[],
): ReadonlyMap<string, number> {
  interface Split {
    readonly pair: string;
    readonly score: number;
    /** Characters of the two sides. */
    readonly left: number;
    readonly right: number;
    readonly leftId: number;
    readonly rightId: number;
  }
  const found: Split[] = [];
  for (const [piece, id] of ids) {
    const splits: Split[] = [];
    // Where the piece's characters end, in UTF-16 units: nearly always one each.
    const characters = [...piece];
    let at = 0;
    for (let left = 1; left < characters.length; left++) {
      at += characters[left - 1]!.length;
      const leftId = ids.get(piece.slice(0, at));
      if (leftId === undefined) continue;
      const rightId = ids.get(piece.slice(at));
      if (rightId === undefined) continue;
      const pair = `${piece.slice(0, at)} ${piece.slice(at)}`;
      splits.push({ pair, score: scores[id] ?? 0, left, right: characters.length - left, leftId, rightId });
    }
    splits.sort((a, b) => a.leftId - b.leftId || a.rightId - b.rightId);
    found.push(...splits);
  }
  found.sort((a, b) => b.score - a.score || b.left - a.left || b.right - a.right);
  return new Map(found.map(({ pair }, rank) => [pair, rank]));
}
