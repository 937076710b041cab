/** One line of a model's drawing; see `joins` of the contract's ModelDetail. */
export interface Join {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** Where a node stands: columns from the left, rows from the top; a row may lie between two others. */
export interface PlacedNode {
  readonly id: string;
  readonly column: number;
  readonly row: number;
}

export interface PartsGraph {
  readonly nodes: readonly PlacedNode[];
  readonly columns: number;
  /** Of the fullest column. */
  readonly rows: number;
}

/**
 * Places each node right of everything that goes into it, by the longest way to it, so that every line leads to the
 * right. The fullest column is spread evenly; the nodes beside it stand at the height of what they are joined to.
 * A node of which a circle is made (no model has one) stays where the first rounds put it.
 */
export function layOut(joins: readonly Join[]): PartsGraph {
  const ids = [...new Set(joins.flatMap((join) => [join.from, join.to]))];
  const column = columnsOf(ids, joins);
  const columns = Math.max(0, ...column.values()) + 1;
  const inColumn = (at: number) => ids.filter((id) => column.get(id) === at);
  const sizes = Array.from({ length: columns }, (_, at) => inColumn(at).length);
  const rows = Math.max(...sizes);
  const fullest = sizes.indexOf(rows);

  const row = new Map(inColumn(fullest).map((id, i) => [id, i]));
  const place = (at: number, neighbours: (id: string) => readonly string[]): void => {
    const wished = inColumn(at).map((id) => {
      const known = neighbours(id).flatMap((other) => row.get(other) ?? []);
      return { id, row: known.length === 0 ? 0 : known.reduce((sum, each) => sum + each, 0) / known.length };
    });
    wished.sort((a, b) => a.row - b.row);
    let least = 0;
    for (const [i, { id, row: wish }] of wished.entries()) {
      // At least one below the one above, and with room for those that follow.
      const at = Math.min(Math.max(wish, least), rows - (wished.length - i));
      row.set(id, at);
      least = at + 1;
    }
  };
  for (let at = fullest - 1; at >= 0; at--)
    place(at, (id) => joins.filter((join) => join.from === id).map((join) => join.to));
  for (let at = fullest + 1; at < columns; at++)
    place(at, (id) => joins.filter((join) => join.to === id).map((join) => join.from));

  const nodes = ids.map((id) => ({ id, column: column.get(id) ?? 0, row: row.get(id) ?? 0 }));
  return { nodes, columns, rows };
}

function columnsOf(ids: readonly string[], joins: readonly Join[]): ReadonlyMap<string, number> {
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
  // What nothing goes into stands just before its first use.
  for (const id of ids) {
    if (joins.some((join) => join.to === id)) continue;
    const uses = joins.filter((join) => join.from === id).map((join) => column.get(join.to) ?? 0);
    column.set(id, Math.max(0, Math.min(...uses) - 1));
  }
  return column;
}
