import type { SystemInfo } from '../../engine/contract/system.ts';
import { Disconnected } from './failure.ts';
import type { EngineClient, EngineLink, Host } from './host.ts';

/** What the window knows about the engine. */
export type EngineStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  /** Connected, but no heartbeat since `since` (ms of Date.now). */
  | { readonly kind: 'hung'; readonly since: number }
  /** It stopped or the connection was cut; `attempt` tries to get it back were made. */
  | { readonly kind: 'restarting'; readonly reason: string; readonly attempt: number }
  /** Given up: only the user can start it again. */
  | { readonly kind: 'stopped'; readonly reason: string };

export interface Supervisor {
  /** The connected engine; throws {@link Disconnected} while there is none. */
  client(): EngineClient;
  /** Starts a stopped engine again, or cuts the waiting time before the next attempt. */
  restart(): void;
  dispose(): void;
}

export interface SupervisorListener {
  onStatus(status: EngineStatus): void;
  /** Each new life of the engine, after it answered its first call. */
  onConnected(client: EngineClient, info: SystemInfo): void;
}

/** A window that misses five beats (one a second) says that the engine hangs. */
export const hungAfterMs = 5_000;
const answerTimeoutMs = 20_000;
/** A browser cannot know whether the server will come back: it says so after this many attempts and goes on. */
const attemptsBeforeStopped = 6;

/** 0.25 s, 0.5 s, 1 s … 8 s, each up to a quarter longer so that several windows do not knock together. */
export function backOffMs(attempt: number, random: () => number = Math.random): number {
  return Math.min(8_000, 250 * 2 ** attempt) * (1 + random() / 4);
}

/** Keeps the page connected to the engine through crashes, restarts and cut sockets, until disposed. */
export function superviseEngine(host: Host, listener: SupervisorListener): Supervisor {
  const stop = new AbortController();
  let link: EngineLink | null = null;
  let wake: () => void = () => {};
  let shellStopped: string | null = null;

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const unsubscribe = host.onEngineState((state) => {
    shellStopped = state.state === 'stopped' ? state.reason : null;
    if (state.state === 'stopped' && link === null)
      listener.onStatus({ kind: 'stopped', reason: state.reason });
    if (state.state === 'ready') wake();
  });

  async function connectOnce(): Promise<string> {
    const opened = await host.connect(stop.signal);
    try {
      const info = await within(opened.client.system.info(), answerTimeoutMs, opened.closed);
      if (stop.signal.aborted) throw new Disconnected();
      link = opened;
      listener.onStatus({ kind: 'ready' });
      listener.onConnected(opened.client, info);
      void watchHeartbeat(opened, listener);
      return await opened.closed;
    } finally {
      link = null;
      opened.close();
    }
  }

  async function run(): Promise<void> {
    let attempt = 0;
    let reason = 'The engine did not start.';
    while (!stop.signal.aborted) {
      const before = attempt;
      try {
        reason = await connectOnce();
        attempt = 0;
      } catch {
        attempt += 1;
      }
      if (stop.signal.aborted) return;
      const final =
        shellStopped ?? (attempt >= attemptsBeforeStopped && host.restartEngine === null ? reason : null);
      if (final !== null) listener.onStatus({ kind: 'stopped', reason: final });
      else if (before > 0 || attempt === 0) listener.onStatus({ kind: 'restarting', reason, attempt });
      await sleep(shellStopped === null ? backOffMs(attempt) : 3_600_000);
    }
  }

  listener.onStatus({ kind: 'starting' });
  void run();

  return {
    client: () => {
      if (link === null) throw new Disconnected();
      return link.client;
    },
    restart: () => {
      listener.onStatus({ kind: 'starting' });
      shellStopped = null;
      const old = link;
      const asked = host.restartEngine?.() ?? Promise.resolve();
      void asked
        .catch(() => {})
        .finally(() => {
          old?.close();
          wake();
        });
    },
    dispose: () => {
      stop.abort();
      unsubscribe();
      wake();
      link?.close();
    },
  };
}

/** Says `hung` when the beat stops and `ready` when it comes back, as long as the link is open. */
async function watchHeartbeat(link: EngineLink, listener: SupervisorListener): Promise<void> {
  let open = true;
  let last = Date.now();
  let hung = false;
  let lastLook = last;
  const timer = setInterval(() => {
    // A machine that slept, or a throttled page, missed beats without any fault of the engine.
    if (Date.now() - lastLook > 3_000) last = Date.now();
    lastLook = Date.now();
    if (hung || lastLook - last < hungAfterMs) return;
    hung = true;
    listener.onStatus({ kind: 'hung', since: last });
  }, 500);
  void link.closed.then(() => {
    open = false;
    clearInterval(timer);
  });
  while (open) {
    try {
      for await (const _ of await link.client.system.heartbeat()) {
        last = Date.now();
        if (hung && open) listener.onStatus({ kind: 'ready' });
        hung = false;
      }
    } catch {
      // The closed link ends the loop; a beat that broke on an open link is asked for again.
    }
    if (open) await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

function within<T>(work: Promise<T>, ms: number, closed: Promise<string>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Disconnected()), ms);
    void closed.then(() => reject(new Disconnected()));
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
