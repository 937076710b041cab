import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import { pause, type RetryPolicy } from '../http/retry.ts';
import type { RemoteFile } from '../huggingface/remote-file.ts';
import { nameOf } from '../huggingface/verified.ts';
import { BeginAgain, fetchPieces } from './fetch-pieces.ts';
import { openJournal } from './journal.ts';
import { withLock } from './lock.ts';
import type { Slots } from './slots.ts';

/** A content to fetch, and where it goes. */
export interface BlobTarget {
  readonly remote: RemoteFile;
  readonly bytes: number;
  /** Its SHA-256, or Git's name of it: 64 or 40 hexadecimal digits. */
  readonly blob: string;
  readonly path: string;
  readonly lock: string;
}

export interface BlobOptions {
  readonly slots: Slots;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** Whether the blob is there with the right content: asked when the lock is held. */
  readonly present: () => Promise<boolean>;
  /** Bytes more than before; fewer where something was dropped. `fetched`: over the network just now. */
  readonly onBytes: (bytes: number, fetched: boolean) => void;
  readonly onChecking: () => void;
  /** A sentence about what had to be done again. */
  readonly onNote: (sentence: string) => void;
}

/** More connections to one file do not help. */
const lanesOfFile = 4;
/** After so many changes of a content while it was fetched it is given up. */
const mostChanges = 3;

/**
 * Fetches a content into the cache. It has its name only when its hash is right; until then it is
 * `<blob>.merv.incomplete` with a journal beside it, and a later call goes on where this one stopped, also after a
 * kill. (Other tools have `.incomplete` files of their own, which they may append to.)
 * Throws ExpectedError of {@link fetchPieces}, 'wrong_content' (fetched twice and wrong twice), 'cancelled'; what the
 * operating system says about a write.
 */
export async function downloadBlob(target: BlobTarget, options: BlobOptions): Promise<void> {
  const { incomplete, journal: journalPath } = partialOf(target.path);
  await mkdir(dirname(target.path), { recursive: true });
  await withLock(target.lock, options.signal, async () => {
    if (await options.present()) {
      options.onBytes(target.bytes, false);
      return;
    }
    const file = await open(incomplete, 'r+').catch(() => open(incomplete, 'w+'));
    try {
      await fill(target, file, options);
    } finally {
      await file.close();
    }
    await rename(incomplete, target.path);
    await rm(journalPath, { force: true });
  });
}

/** Where a content is before it is whole. */
export function partialOf(path: string): { readonly incomplete: string; readonly journal: string } {
  return { incomplete: `${path}.merv.incomplete`, journal: `${path}.merv.journal` };
}

/** Takes away what is there of a content that is not wanted any more. Throws ExpectedError 'cancelled'. */
export async function discardPartial(path: string, lock: string): Promise<void> {
  const { incomplete, journal } = partialOf(path);
  await withLock(lock, undefined, async () => {
    await rm(incomplete, { force: true });
    await rm(journal, { force: true });
  });
}

/** Until all of it is there and its hash is right. */
async function fill(target: BlobTarget, file: FileHandle, options: BlobOptions): Promise<void> {
  const { remote, bytes, blob, path } = target;
  const { subject } = remote;
  const { incomplete, journal: journalPath } = partialOf(path);
  const journal = await openJournal(journalPath, bytes, (await file.stat()).size);
  const noted = new Set<string>();
  let counted = 0;
  const count = (more: number, fetched: boolean): void => {
    counted += more;
    options.onBytes(more, fetched);
  };
  const drop = async (): Promise<void> => {
    count(-counted, false);
    remote.forget();
    await journal.reset();
    await file.truncate(0);
  };
  const giveUp = async (sentence: string): Promise<never> => {
    await journal.close();
    await rm(journalPath, { force: true });
    await rm(incomplete, { force: true });
    throw new ExpectedError(
      'wrong_content',
      sentence,
      'Look the model up again, which takes its present revision; if it stays so, check the endpoint and the proxy.',
    );
  };
  let whole = false;
  let changes = 0;
  let wrong = 0;
  try {
    for (;;) {
      count(journal.doneBytes(), false);
      const again = await attempt();
      if (again === null) return;
      await drop();
      if (again === 'whole') {
        whole = true;
        options.onNote(`The server gives ${subject} as a whole only: a pause begins it again.`);
      } else if (again === 'changed') {
        changes += 1;
        if (changes > mostChanges) await giveUp(`${subject} is not the content that its repository lists.`);
        options.onNote(
          `${subject} changed while it was fetched; what was there is dropped and it begins again.`,
        );
        await pause(options.policy.baseMs, options.signal);
      } else {
        wrong += 1;
        const what = again === 'length' ? 'another length' : 'another content';
        if (wrong > 1) await giveUp(`${subject} was fetched twice, and had ${what} than it should twice.`);
        options.onNote(`${subject} had ${what} than it should; it is fetched again.`);
      }
    }
  } finally {
    await journal.close().catch(() => {});
  }

  async function attempt(): Promise<BeginAgain['reason'] | 'content' | null> {
    try {
      const work = { remote, bytes, blob, file, journal, lanes: lanesOfFile, ...options };
      await fetchPieces(
        {
          ...work,
          onBytes: (more) => count(more, true),
          onRetry(error) {
            if (noted.has(error.code)) return;
            noted.add(error.code);
            options.onNote(`${error.message} It was tried again.`);
          },
        },
        whole,
      );
    } catch (error) {
      if (error instanceof BeginAgain) return error.reason;
      throw error;
    }
    await file.datasync();
    options.onChecking();
    const kind = blob.length === 64 ? 'sha256' : 'git';
    const name = await nameOf(incomplete, bytes, kind, options.signal);
    return name === blob && (await file.stat()).size === bytes ? null : 'content';
  }
}
