import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { cancelled } from '../contract/errors.ts';
import { isAlive } from '../store/alive.ts';
import { hasTrainer, readState, runFolders } from './run-folder.ts';

const lookEveryMs = 500;

/** Whether a trainer computes now. */
export function turnIsTaken(runs: string): boolean {
  const holder = holderOf(join(runs, '.turn'));
  return holder !== null && isAlive(holder);
}

/**
 * Waits until no other run computes and none that was queued before waits, then takes the turn; returns what gives it back.
 * A trainer that died has given its turn back. Throws ExpectedError 'cancelled'.
 */
export async function takeTurn(runs: string, folder: string, signal: AbortSignal): Promise<() => void> {
  const file = join(runs, '.turn');
  const giveBack = (): void => {
    if (holderOf(file) === pid) rmSync(file, { force: true });
  };
  for (;;) {
    if (signal.aborted) throw cancelled();
    if (!earlierWaits(runs, folder) && take(file)) return giveBack;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

function take(file: string): boolean {
  try {
    const opened = openSync(file, 'wx');
    writeSync(opened, String(pid));
    closeSync(opened);
    return true;
  } catch {
    const holder = holderOf(file);
    if (holder !== null && isAlive(holder)) return false;
    // Renamed and not removed: of two that find it so, one has it.
    const aside = `${file}.${pid}`;
    try {
      renameSync(file, aside);
      const taken = holderOf(aside);
      if (taken !== null && isAlive(taken)) renameSync(aside, file);
      else rmSync(aside, { force: true });
    } catch {
      // Another one was faster.
    }
    return false;
  }
}

function holderOf(file: string): number | null {
  try {
    const number = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(number) && number > 0 ? number : null;
  } catch {
    return null;
  }
}

function earlierWaits(runs: string, folder: string): boolean {
  return runFolders(runs).some((other) => {
    if (other >= folder) return false;
    try {
      const state = readState(other);
      return state.state === 'queued' && hasTrainer(other, state);
    } catch {
      return false;
    }
  });
}
