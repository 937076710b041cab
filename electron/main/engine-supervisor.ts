import type { MessagePortMain } from 'electron';
import { fromEngineSchema, type ToEngine } from '../../engine/contract/control.ts';
import type { EngineState } from '../../engine/contract/shell.ts';
import { restartDelay } from './restart-policy.ts';
import { ShellError } from './shell-error.ts';

/** The engine's process, as the supervisor needs it. */
export interface EngineProcess {
  post(message: ToEngine, ports?: readonly MessagePortMain[]): void;
  onMessage(listener: (message: unknown) => void): void;
  onExit(listener: (code: number) => void): void;
  kill(): void;
}

export interface EngineSupervisor {
  readonly state: () => EngineState;
  start(): void;
  /** Ends the engine and starts a fresh one at once, also after giving up. */
  restart(): void;
  /** Hands a port to the engine; waits while it starts. Throws where the supervisor gave up. */
  connect(port: MessagePortMain): Promise<void>;
  /** Lets the engine open a path, now and after any restart; resolves when it knows (or is not running). */
  grant(path: string): Promise<void>;
  /** Asks the engine to keep what it has and end; resolves when it did, after {@link closeTimeoutMs} by force. */
  stop(): Promise<void>;
}

const closeTimeoutMs = 3000;

interface SupervisorOptions {
  readonly spawn: () => EngineProcess;
  readonly onState: (state: EngineState) => void;
  readonly onMedia: (id: string, path: string) => void;
  /** A process that has not said `ready` by then is ended and counted as a crash. */
  readonly readyTimeoutMs: number;
}

/** Keeps one engine running: restarts it after a crash, more slowly each time, and gives up in the end. */
export function superviseEngine(options: SupervisorOptions): EngineSupervisor {
  let state: EngineState = { state: 'starting', reason: null, restarts: 0 };
  let child: EngineProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let restarts = 0;
  let nextGrant = 0;
  let closing = false;
  const crashes: number[] = [];
  const granted = new Set<string>();
  const acknowledgements = new Map<number, () => void>();
  const waiting = new Set<(state: EngineState) => void>();

  function enter(next: EngineState): void {
    state = next;
    options.onState(next);
    if (next.state === 'starting') return;
    for (const settle of waiting) settle(next);
    waiting.clear();
  }

  function postGrant(target: EngineProcess, path: string): number {
    const id = nextGrant++;
    target.post({ type: 'grant', id, path });
    return id;
  }

  function launch(): void {
    const current = options.spawn();
    child = current;
    clearTimeout(timer);
    timer = setTimeout(() => current.kill(), options.readyTimeoutMs);
    current.onMessage((raw) => {
      const parsed = fromEngineSchema.safeParse(raw);
      if (!parsed.success || child !== current) return;
      const message = parsed.data;
      switch (message.type) {
        case 'ready':
          clearTimeout(timer);
          for (const path of granted) postGrant(current, path);
          enter({ state: 'ready', restarts });
          break;
        case 'granted':
          acknowledgements.get(message.id)?.();
          break;
        case 'media':
          options.onMedia(message.id, message.path);
          break;
        case 'fatal':
          child = null;
          clearTimeout(timer);
          enter({ state: 'stopped', reason: `${message.sentence} ${message.remedy}`, restarts });
          break;
        default:
          message satisfies never;
      }
    });
    current.onExit((code) => {
      if (child === current) afterExit(code);
    });
  }

  function afterExit(code: number): void {
    child = null;
    clearTimeout(timer);
    for (const settle of acknowledgements.values()) settle();
    if (closing) return;
    crashes.push(Date.now());
    const delay = restartDelay(crashes, Date.now());
    if (delay === null) {
      const reason = `The engine stopped ${crashes.length} times and is not started again (last exit code ${code}).`;
      enter({ state: 'stopped', reason, restarts });
      return;
    }
    restarts += 1;
    const reason = `The engine stopped unexpectedly (exit code ${code}).`;
    enter({ state: 'starting', reason, restarts });
    timer = setTimeout(launch, delay);
  }

  return {
    state: () => state,
    start: launch,
    restart() {
      const old = child;
      child = null;
      clearTimeout(timer);
      old?.kill();
      crashes.length = 0;
      restarts += 1;
      enter({ state: 'starting', reason: null, restarts });
      launch();
    },
    async connect(port) {
      if (state.state === 'starting') await new Promise<EngineState>((resolve) => waiting.add(resolve));
      if (state.state !== 'ready' || !child)
        throw new ShellError('The engine is not running. Restart it and try again.');
      child.post({ type: 'connect' }, [port]);
    },
    async grant(path) {
      granted.add(path);
      const current = child;
      // While it starts, `ready` sends every grant before a port can be connected.
      if (!current || state.state !== 'ready') return;
      const id = postGrant(current, path);
      await new Promise<void>((resolve) => {
        const done = setTimeout(resolve, 5000);
        acknowledgements.set(id, () => {
          clearTimeout(done);
          resolve();
        });
      });
      acknowledgements.delete(id);
    },
    async stop() {
      closing = true;
      clearTimeout(timer);
      const current = child;
      if (!current) return;
      current.post({ type: 'close' });
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => {
          current.kill();
          resolve();
        }, closeTimeoutMs);
        current.onExit(() => {
          clearTimeout(force);
          resolve();
        });
      });
    },
  };
}
