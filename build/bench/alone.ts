import { pathToFileURL } from 'node:url';
import { machineLine } from './machine.ts';

/** Runs a benchmark whose file is the program that was started. */
export async function runAlone(url: string, run: () => Promise<void>): Promise<void> {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return;
  machineLine();
  await run();
}
