/**
 * Runs `work` on every item, `lanes` at a time. The first failure stops the others; it is thrown when all have ended,
 * so that nothing goes on behind the caller's back.
 */
export async function together<T>(
  items: readonly T[],
  lanes: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const own = new AbortController();
  const stop = (): void => own.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  let failure: { readonly error: unknown } | null = null;
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined && failure === null; item = queue.shift()) {
      try {
        await work(item, own.signal);
      } catch (error) {
        failure ??= { error };
        stop();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  signal?.removeEventListener('abort', stop);
  const failed = failure as { readonly error: unknown } | null;
  if (failed !== null) throw failed.error;
}
