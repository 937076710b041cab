/** Events from one writer to one reader. The writer never waits; the reader gets them in order. */
export interface Channel<T> {
  readonly events: AsyncIterableIterator<T>;
  push(event: T): void;
  end(): void;
  /** The reader's `next` rejects with this after the events before it. */
  fail(error: unknown): void;
}

/** onLeave: called once when the reader stops reading before the end; it leaves at once, without waiting for an event. */
export function createChannel<T>(onLeave: () => void): Channel<T> {
  const ready: T[] = [];
  let ending: { readonly error: unknown } | 'ended' | null = null;
  let wake = (): void => {};

  const push = (event: T): void => {
    if (ending) return;
    ready.push(event);
    wake();
  };
  const finish = (how: NonNullable<typeof ending>): void => {
    ending ??= how;
    wake();
  };

  const events: AsyncIterableIterator<T> = {
    async next() {
      while (ready.length === 0 && !ending) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const event = ready.shift();
      if (event !== undefined) return { done: false, value: event };
      const how = ending;
      ending = 'ended';
      if (how && how !== 'ended') throw how.error;
      return { done: true, value: undefined };
    },
    async return() {
      const left = ending === null;
      ready.length = 0;
      finish('ended');
      if (left) onLeave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return { events, push, end: () => finish('ended'), fail: (error) => finish({ error }) };
}
