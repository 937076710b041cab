import type { FileHandle } from 'node:fs/promises';
import { cancelled, ExpectedError } from '../../contract/errors.ts';
import { HttpFailure, httpFailureOf } from '../http/failure.ts';
import { backOff, pause, type RetryPolicy } from '../http/retry.ts';
import type { ByteRange, FileAnswer, RemoteFile } from '../huggingface/remote-file.ts';
import type { Journal } from './journal.ts';
import type { Slots } from './slots.ts';
import { together } from './together.ts';

/** Why what was fetched so far cannot be gone on with. */
export class BeginAgain extends Error {
  override readonly name = 'BeginAgain';
  /** `whole`: the server does not give pieces. */
  readonly reason: 'changed' | 'length' | 'whole';

  constructor(reason: 'changed' | 'length' | 'whole') {
    super(reason);
    this.reason = reason;
  }
}

export interface PieceWork {
  readonly remote: RemoteFile;
  readonly bytes: number;
  /** The hash that the content must have. */
  readonly blob: string;
  readonly file: FileHandle;
  readonly journal: Journal;
  readonly slots: Slots;
  /** Connections for this file. */
  readonly lanes: number;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (bytes: number) => void;
  /** A failure that is tried again. */
  readonly onRetry: (error: ExpectedError) => void;
}

/** What one request asks for at most. */
const largestPiece = 32 << 20;
const smallestPiece = 4 << 20;
/** How much a kill may lose on each connection: whichever comes first. */
const checkpointBytes = 16 << 20;
const checkpointMs = 1000;

/**
 * Fetches what the journal lacks, several pieces at a time; `whole` is for a server that does not give pieces: all of
 * it over one connection. A failure that may pass is tried again. On return all bytes are on the disk.
 * Throws BeginAgain; ExpectedError of the last failure, or 'cancelled': what was fetched is in the journal.
 */
export async function fetchPieces(work: PieceWork, whole: boolean): Promise<void> {
  const { bytes, journal, lanes, signal } = work;
  const most = Math.min(largestPiece, Math.max(smallestPiece, Math.ceil(bytes / lanes)));
  const queue = whole ? [{ start: 0, end: bytes }] : journal.missing(most);
  await together(queue, lanes, signal, (range, stopped) => fetchPiece(work, range, whole, stopped));
}

async function fetchPiece(
  work: PieceWork,
  { start, end }: ByteRange,
  whole: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { slots, policy, onRetry } = work;
  let at = start;
  for (let failures = 0; at < end; ) {
    const before = at;
    try {
      await slots.use(signal, async () => {
        const answer = await request(work, { start: at, end }, whole, signal);
        at = await store(work, answer, { start: at, end }, whole, (done) => {
          at = done;
        });
      });
      if (at < end) throw cut(work.remote.subject);
    } catch (error) {
      if (signal.aborted) throw cancelled();
      const failure = httpFailureOf(error);
      // A server that does not give pieces cannot be gone on with where it stopped: all its failures count.
      failures = at > before && !whole ? 1 : failures + 1;
      if (whole) {
        work.onBytes(start - at);
        at = start;
      }
      const wait = backOff(policy, failures, failure?.retryAfterMs ?? null);
      if (failure?.retryable !== true || failures >= policy.attempts || wait > longestWaitMs) throw error;
      if (error instanceof ExpectedError) onRetry(error);
      await pause(wait, signal);
    }
  }
}

/** A server that wants us to stay away for longer is a reason to tell the user. */
const longestWaitMs = 120_000;

async function request(
  { remote, bytes, blob, journal }: PieceWork,
  range: ByteRange,
  whole: boolean,
  signal: AbortSignal,
): Promise<FileAnswer> {
  const all = range.start === 0 && range.end === bytes;
  const answer = await remote.read(all ? null : range, signal);
  const refuse = (reason: BeginAgain['reason']): never => {
    answer.discard();
    throw new BeginAgain(reason);
  };
  if (!all && !answer.ranged && !whole) refuse('whole');
  const { identity, total } = answer;
  if (identity !== null) {
    if (journal.identity() === null) await journal.name(identity);
    else if (journal.identity() !== identity) refuse('changed');
    // Both are hashes of the same kind: no need to fetch it to know that it is another content.
    if (identity.length === blob.length && /^[0-9a-f]+$/.test(identity) && identity !== blob)
      refuse('changed');
  }
  if (total !== null && total !== bytes) refuse('length');
  return answer;
}

/** Writes the body to its place. Returns where it stopped; what is on the disk is in the journal, also on a failure. */
async function store(
  { file, journal, onBytes }: PieceWork,
  answer: FileAnswer,
  { start, end }: ByteRange,
  whole: boolean,
  onDone: (at: number) => void,
): Promise<number> {
  let at = start;
  let noted = start;
  let notedAt = performance.now();
  const checkpoint = async (): Promise<void> => {
    if (whole || at === noted) return;
    const range = { start: noted, end: at };
    await file.datasync();
    await journal.add(range);
    noted = range.end;
    notedAt = performance.now();
  };
  try {
    for await (const piece of answer.body) {
      if (piece.byteLength > end - at) throw new BeginAgain('length');
      await writeAll(file, piece, at);
      at += piece.byteLength;
      onDone(at);
      onBytes(piece.byteLength);
      if (at - noted >= checkpointBytes || performance.now() - notedAt >= checkpointMs) await checkpoint();
    }
  } catch (error) {
    // The first failure is what is told; one of the journal costs this piece only.
    await checkpoint().catch(() => {});
    throw error;
  }
  await checkpoint();
  return at;
}

async function writeAll(file: FileHandle, piece: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < piece.byteLength; ) {
    const { bytesWritten } = await file.write(piece, done, piece.byteLength - done, position + done);
    done += bytesWritten;
  }
}

function cut(subject: string): ExpectedError {
  return new ExpectedError(
    'network',
    `The server stopped in the middle of ${subject}.`,
    'Start again: what was fetched is kept.',
    { cause: new HttpFailure('body ended early', { retryable: true }) },
  );
}
