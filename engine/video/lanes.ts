import { cpus } from 'node:os';

/** How many ffmpeg children decode at once. */
const lanes = Math.min(2, cpus().length);

/** Decoding threads for each of so many children. */
export function threadsFor(children: number): number {
  return Math.max(1, Math.floor(cpus().length / Math.max(1, Math.min(lanes, children))));
}

/** Works through a list with as many workers as there are lanes; when one fails the others are stopped first. */
export async function inLanes<T>(
  work: readonly T[],
  signal: AbortSignal | undefined,
  doOne: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const forward = (): void => stop.abort();
  if (signal?.aborted) stop.abort();
  signal?.addEventListener('abort', forward);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    try {
      while (next < work.length && failure === undefined) await doOne(work[next++]!, stop.signal);
    } catch (error) {
      failure ??= { error };
      stop.abort();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  signal?.removeEventListener('abort', forward);
  if (failure !== undefined) throw failure.error;
}
