import { rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ExpectedError } from '../../contract/errors.ts';
import type { LibtorchPlan } from '../../contract/libtorch.ts';
import type { Http } from '../http/http.ts';
import type { RetryPolicy } from '../http/retry.ts';
import { createRemoteFile, type RemoteFile } from '../huggingface/remote-file.ts';
import { nameOf } from '../huggingface/verified.ts';
import { discardPartial, downloadBlob, partialOf } from '../transfer/download-blob.ts';
import type { Slots } from '../transfer/slots.ts';
import { writeProblem } from '../transfer/write-problem.ts';
import { fetchedFolder, libtorchHome } from './installed.ts';

export type Archive = LibtorchPlan['archives'][number];

export interface ArchiveOptions {
  readonly http: Http;
  readonly slots: Slots;
  readonly policy: RetryPolicy;
  readonly dataFolder: string;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  readonly onChecking: () => void;
  readonly onNote: (sentence: string) => void;
}

/** Where an archive lies when its hash is right; named by it, so that what is there of another one is never mixed in. */
export const archivePath = (dataFolder: string, { sha256 }: Archive): string =>
  join(libtorchHome(dataFolder), fetchedFolder, sha256);

const lockOf = (path: string): string => `${path}.lock`;

/** An archive behind its address; PyTorch's server wants no token. */
export function remoteArchive(http: Http, { name, url }: Pick<Archive, 'name' | 'url'>): RemoteFile {
  const purpose = `Fetching libtorch (${name})`;
  return createRemoteFile({ http, url, subject: name, purpose, page: null, token: async () => null });
}

/**
 * Fetches an archive, or what is missing of it; it has its name only when its hash is right. Returns its path. Throws
 * ExpectedError 'offline', 'network', 'not_found', 'wrong_content', 'disk_full', 'not_allowed', 'cancelled'.
 */
export async function fetchArchive(archive: Archive, options: ArchiveOptions): Promise<string> {
  const { http, slots, policy, dataFolder, signal, onBytes, onChecking, onNote } = options;
  const path = archivePath(dataFolder, archive);
  const { bytes, sha256 } = archive;
  const target = { remote: remoteArchive(http, archive), bytes, blob: sha256, path, lock: lockOf(path) };
  try {
    await downloadBlob(target, {
      ...{ slots, policy, signal, onBytes, onChecking, onNote },
      present: async () =>
        (await stat(path).catch(() => null))?.size === bytes &&
        (await nameOf(path, bytes, 'sha256', signal)) === sha256,
    });
  } catch (error) {
    throw explained(writeProblem(path, error));
  }
  return path;
}

/** Bytes on the disk of what is there of it. */
export async function fetchedBytes(dataFolder: string, archive: Archive): Promise<number> {
  const path = archivePath(dataFolder, archive);
  const whole = await stat(path).catch(() => null);
  if (whole !== null) return whole.size;
  const part = await stat(partialOf(path).incomplete).catch(() => null);
  // Pieces lie where they belong, with holes between them.
  return part === null ? 0 : Math.min(part.size, (part.blocks ?? 0) * 512);
}

/** Throws ExpectedError 'cancelled'. */
export async function discardArchive(dataFolder: string, archive: Archive): Promise<void> {
  const path = archivePath(dataFolder, archive);
  if ((await stat(dirname(path)).catch(() => null)) === null) return;
  await discardPartial(path, lockOf(path));
  await rm(path, { force: true });
  // With the last of them its folder goes.
  await rmdir(dirname(path)).catch(() => {});
}

/** What helps where the address is not one that a person chose. */
export function explained(error: unknown): unknown {
  if (!(error instanceof ExpectedError)) return error;
  const remedy = {
    not_found:
      'Start again: the address is looked up anew. If it stays so, correct MERV_LIBTORCH_INDEX where it is set, or update MERV Studio.',
    wrong_content:
      'Start again later. If it stays so, something between here and PyTorch’s server changes what it sends: check the proxy.',
  }[error.code as string];
  if (remedy === undefined) return error;
  return new ExpectedError(error.code, error.message, remedy, { cause: error.cause });
}
