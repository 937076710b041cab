/**
 * The BPE merges behind a SentencePiece vocabulary: SentencePiece joins the neighbours whose union has the best
 * score, which is every split of a piece into two pieces, ranked by the piece's score (Hugging Face's
 * convert_slow_tokenizer.py, `generate_merges`). `scores` by id, higher is earlier.
 */
export function sentencePieceMerges(
  vocab: Readonly<Record<string, number>>,
  scores: readonly number[],
): [string, string][] {
  const found: {
    readonly pair: [string, string];
    readonly score: number;
    readonly ids: readonly [number, number];
  }[] = [];
  for (const [piece, id] of Object.entries(vocab)) {
    if (/^<0x[0-9A-Fa-f]{2}>$/.test(piece)) continue;
    const characters = [...piece];
    let left = '';
    for (let at = 0; at < characters.length - 1; at++) {
      left += characters[at];
      const right = piece.slice(left.length);
      const leftId = vocab[left];
      const rightId = vocab[right];
      if (leftId === undefined || rightId === undefined) continue;
      found.push({ pair: [left, right], score: scores[id] ?? 0, ids: [leftId, rightId] });
    }
  }
  found.sort((a, b) => b.score - a.score || a.ids[0] - b.ids[0] || a.ids[1] - b.ids[1]);
  return found.map(({ pair }) => pair);
}
