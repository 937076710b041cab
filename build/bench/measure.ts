/** Milliseconds of one try. */
export type Contender = () => Promise<number>;

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median milliseconds of each after A, B, A, B …, so that a busy moment meets all of them; the first round is dropped. */
export async function interleaved<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const taken = await contenders[name]();
      if (round > 0) times.get(name)!.push(taken);
    }
  }
  const entries = [...times].map(([name, all]) => [name, median(all)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** Numbers as text: three digits or more, no more than one after the point. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** How a ratio stands to its target: `2.31 (target 3: missed)`. */
export function against(ratio: number, target: number): string {
  return `${ratio.toFixed(2)} (target ${target}: ${ratio >= target ? 'met' : 'missed'})`;
}

/** A plain table: the first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [head, ...rows].map((row) =>
    row.map((cell) => (typeof cell === 'number' ? figure(cell) : cell)),
  );
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  for (const row of cells) {
    const line = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    console.log(`  ${line.join('   ').trimEnd()}`);
  }
}
