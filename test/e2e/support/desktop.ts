import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { electronPath, root } from './machine.ts';

export const electronArguments: readonly string[] = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  root,
];

export interface Desktop {
  readonly app: ElectronApplication;
  readonly page: Page;
  /** Process id of the engine's utility process; null while there is none. */
  enginePid(): Promise<number | null>;
}

/** Starts the built application in the real Electron runtime. */
export async function startDesktop(home: string, ...extra: readonly string[]): Promise<Desktop> {
  const app = await _electron.launch({
    executablePath: electronPath,
    args: [...electronArguments, ...extra],
    env: environment(home),
    timeout: 60_000,
  });
  const page = await app.firstWindow();
  return {
    app,
    page,
    enginePid: () =>
      app.evaluate(({ app: running }) => {
        const engine = running.getAppMetrics().find(({ name }) => name === 'MERV Studio engine');
        return engine?.pid ?? null;
      }),
  };
}

export function environment(home: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(inherited), MERV_HOME: home };
}
