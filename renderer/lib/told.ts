/** What was told something that has not been carried out yet, by id. */
export interface Told {
  readonly told: ReadonlySet<string>;
}

/** Tells one thing at a time to each; false where another is under way. Rejects as `work` does. */
export async function tellOnce(
  store: { getState(): Told; setState(change: Told): void },
  id: string,
  work: () => Promise<unknown>,
): Promise<boolean> {
  if (store.getState().told.has(id)) return false;
  store.setState({ told: new Set(store.getState().told).add(id) });
  try {
    await work();
    return true;
  } finally {
    const told = new Set(store.getState().told);
    told.delete(id);
    store.setState({ told });
  }
}
