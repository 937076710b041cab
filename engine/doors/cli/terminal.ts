/** What a command reads and writes; main.ts gives the process's own. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of stdin. */
  readonly input: () => Promise<string>;
  /** Whether stderr is a screen: progress is then one line that changes. */
  readonly interactive: boolean;
  /** Aborts on Ctrl-C, and when whoever reads stdout has gone. */
  readonly signal: AbortSignal;
}

/** One line of progress on stderr: it changes in place on a screen; elsewhere each finished step is one line. */
export interface Progress {
  /** A step under way: shown on a screen only. */
  step(text: string): void;
  /** A finished step. */
  line(text: string): void;
  /** Takes the changing line away, before something else is written. */
  clear(): void;
}

export function createProgress({ err, interactive }: Terminal): Progress {
  let shown = false;
  const clear = (): void => {
    if (shown) err('\r\u001b[K');
    shown = false;
  };
  return {
    step(text) {
      if (!interactive) return;
      err(`\r\u001b[K${text}`);
      shown = true;
    },
    line(text) {
      clear();
      err(`${text}\n`);
    },
    clear,
  };
}
