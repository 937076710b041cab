/** One line of a model's drawing; see `joins` of the contract's ModelDetail. */
export interface Join {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** Where a node stands: columns from the left, rows from the top of its column. */
export interface PlacedNode {
  readonly id: string;
  readonly column: number;
  readonly row: number;
}

export interface PartsGraph {
  readonly nodes: readonly PlacedNode[];
  readonly joins: readonly Join[];
  readonly columns: number;
  /** Of the fullest column. */
  readonly rows: number;
}

/**
 * Places each node right of everything that goes into it, by the longest way to it, so that every line leads to the
 * right. A node of which a circle is made (no model has one) stays where the first round put it.
 */
export function layOut(joins: readonly Join[]): PartsGraph {
  const ids = [...new Set(joins.flatMap((join) => [join.from, join.to]))];
  const column = new Map(ids.map((id) => [id, 0]));
  for (let round = 0; round < ids.length; round++) {
    let moved = false;
    for (const { from, to } of joins) {
      const least = (column.get(from) ?? 0) + 1;
      if ((column.get(to) ?? 0) >= least || least >= ids.length) continue;
      column.set(to, least);
      moved = true;
    }
    if (!moved) break;
  }
  // What nothing goes into stands just before its first use: the question next to the tokenizer, not under the video.
  for (const id of ids) {
    if (joins.some((join) => join.to === id)) continue;
    const uses = joins.filter((join) => join.from === id).map((join) => column.get(join.to) ?? 0);
    column.set(id, Math.max(0, Math.min(...uses) - 1));
  }
  const filled = new Map<number, number>();
  const nodes = ids.map((id) => {
    const at = column.get(id) ?? 0;
    const row = filled.get(at) ?? 0;
    filled.set(at, row + 1);
    return { id, column: at, row };
  });
  return {
    nodes,
    joins,
    columns: Math.max(0, ...filled.keys()) + 1,
    rows: Math.max(0, ...filled.values()),
  };
}
