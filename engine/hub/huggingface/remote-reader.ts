import { ExpectedError } from '../../contract/errors.ts';
import { corrupt } from '../../weights/problems.ts';
import type { RandomAccessFile } from '../../weights/random-access-file.ts';
import { type RetryPolicy, withRetry } from '../http/retry.ts';
import type { RemoteFile } from './remote-file.ts';

const policy: RetryPolicy = { attempts: 4, baseMs: 300, longestMs: 10_000 };
/** What a server that ignores ranges is read through at most. */
const largestSkip = 64 << 20;

/** So many bytes of a remote file. Throws what {@link RemoteFile.read} throws, and 'wrong_content' where it ends early. */
export async function readRemote(
  remote: RemoteFile,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  return withRetry(policy, signal, async () => {
    const answer = await remote.read({ start: offset, end: offset + length }, signal);
    const skip = answer.ranged ? 0 : offset;
    if (skip + length > largestSkip && !answer.ranged) {
      answer.discard();
      throw new ExpectedError(
        'wrong_content',
        `The server does not give pieces of ${remote.subject}, so that it cannot be looked into.`,
        'Set another endpoint, or install without looking.',
      );
    }
    const bytes = new Uint8Array(length);
    let at = -skip;
    for await (const piece of answer.body) {
      const from = Math.max(0, -at);
      const part = piece.subarray(from, from + length - Math.max(0, at));
      if (part.byteLength > 0 && from < piece.byteLength) bytes.set(part, Math.max(0, at));
      at += piece.byteLength;
      if (at >= length) break;
    }
    if (at < length) {
      throw new ExpectedError(
        'wrong_content',
        `${remote.subject} ends before byte ${offset + length}.`,
        'Look the model up again.',
      );
    }
    return bytes;
  });
}

/** Fetched at once, so that a header is not a hundred requests. */
const blockBytes = 1 << 20;
const keptBlocks = 32;

/** A remote file that is read at positions, as those on the disk are: for headers, not for weights. */
export function openRemote(remote: RemoteFile, size: number, signal?: AbortSignal): RandomAccessFile {
  const blocks = new Map<number, Promise<Uint8Array>>();
  const block = (index: number): Promise<Uint8Array> => {
    const known = blocks.get(index);
    if (known) return known;
    const start = index * blockBytes;
    const fetched = readRemote(remote, start, Math.min(blockBytes, size - start), signal);
    blocks.set(index, fetched);
    // What failed is asked for again by the next reader.
    fetched.catch(() => blocks.delete(index));
    const [oldest] = blocks.keys();
    if (blocks.size > keptBlocks && oldest !== undefined) blocks.delete(oldest);
    return fetched;
  };
  const readInto = async (target: Uint8Array, position: number): Promise<void> => {
    const end = position + target.byteLength;
    if (position < 0 || !(end <= size)) {
      throw corrupt(remote.subject, `bytes ${position} to ${end} are asked for, it has ${size}`);
    }
    if (target.byteLength > blockBytes) {
      target.set(await readRemote(remote, position, target.byteLength, signal));
      return;
    }
    for (let at = position; at < end; ) {
      const index = Math.floor(at / blockBytes);
      const within = at - index * blockBytes;
      const part = (await block(index)).subarray(within, within + end - at);
      target.set(part, at - position);
      at += part.byteLength;
    }
  };
  return {
    path: remote.subject,
    size,
    async read(position, length) {
      if (position < 0 || !(length >= 0) || !(position + length <= size)) {
        throw corrupt(
          remote.subject,
          `bytes ${position} to ${position + length} are asked for, it has ${size}`,
        );
      }
      const bytes = new Uint8Array(length);
      await readInto(bytes, position);
      return bytes;
    },
    readInto,
    close: async () => blocks.clear(),
  };
}
