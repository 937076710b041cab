import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import * as z from 'zod';
import { isAlive } from '../../store/alive.ts';
import { pause } from '../http/retry.ts';

const holderSchema = z.object({ host: z.string(), pid: z.number().int(), id: z.string() });
type Holder = z.infer<typeof holderSchema>;

/** Ids of locks that this process holds: a process that died may have had our number. */
const held = new Set<string>();

const beatMs = 2000;
/** A lock that did not beat for so long belongs to a machine that stopped. */
const deadMs = 20_000;
const pollMs = 200;

/**
 * Runs `work` while no other copy of this application runs it under the same lock. It saves fetching twice; content
 * stays right without it, because pieces are the same whoever writes them and the whole is hashed before it is named.
 * Throws ExpectedError 'cancelled' while waiting.
 */
export async function withLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const id = randomUUID();
  while (!(await take(path, { host: hostname(), pid: process.pid, id }))) {
    if (await isAbandoned(path)) await remove(path);
    else await pause(pollMs, signal);
  }
  held.add(id);
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beatMs);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    held.delete(id);
    await rm(path, { force: true });
  }
}

async function take(path: string, holder: Holder): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify(holder));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return false;
  if (Date.now() - stats.mtimeMs > deadMs) return true;
  const holder = holderSchema.safeParse(parsed(await readFile(path, 'utf8').catch(() => ''))).data;
  // Just made and not yet written, or written by a process killed in between: its age decides.
  if (holder === undefined) return Date.now() - stats.mtimeMs > beatMs;
  if (holder.host !== hostname()) return false;
  if (holder.pid === process.pid) return !held.has(holder.id);
  return !isAlive(holder.pid);
}

/** By renaming first, so that of several who find it abandoned one removes it. */
async function remove(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { force: true });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
