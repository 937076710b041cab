import { createHash, type Hash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import { cancelled } from '../../contract/errors.ts';
import { writeWhole } from '../starter-files.ts';

/** What a content must hash to: its SHA-256, or Git's name of a blob (SHA-1 over a header and the content). */
export type BlobName = string;

/** Remembers which files were hashed, so that gigabytes are read once. */
export interface Verified {
  /** Whether the file's content has that name. Reads it where it changed since. Throws ExpectedError 'cancelled'. */
  matches(path: string, name: BlobName, signal?: AbortSignal): Promise<boolean>;
  /** Notes that it was just checked. */
  remember(path: string, name: BlobName): Promise<void>;
}

const stampSchema = z.object({ bytes: z.number(), modified: z.number(), name: z.string() });
const stampsSchema = z.record(z.string(), stampSchema);
type Stamps = Map<string, z.infer<typeof stampSchema>>;

/** @param file where it is kept, absolute. */
export function createVerified(file: string): Verified {
  let loading: Promise<Stamps> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const stamps = (): Promise<Stamps> => {
    loading ??= readStamps(file);
    return loading;
  };
  const note = async (path: string, name: string, size: number, modified: number): Promise<void> => {
    const all = await stamps();
    all.set(path, { bytes: size, modified, name });
    // One writer at a time; what fails to be kept is hashed again at the next start.
    const text = (): string => JSON.stringify(Object.fromEntries(all));
    writing = writing.then(() => writeWhole(file, [Buffer.from(text())])).catch(() => {});
    await writing;
  };
  return {
    async matches(path, name, signal) {
      const before = await stat(path).catch(() => null);
      if (before?.isFile() !== true) return false;
      const stamp = (await stamps()).get(path);
      if (stamp && stamp.bytes === before.size && stamp.modified === before.mtimeMs)
        return stamp.name === name;
      if ((await nameOf(path, before.size, name.length === 64 ? 'sha256' : 'git', signal)) !== name)
        return false;
      await note(path, name, before.size, before.mtimeMs);
      return true;
    },
    async remember(path, name) {
      const { size, mtimeMs } = await stat(path);
      await note(path, name, size, mtimeMs);
    },
  };
}

async function readStamps(file: string): Promise<Stamps> {
  try {
    return new Map(Object.entries(stampsSchema.parse(JSON.parse(await readFile(file, 'utf8')))));
  } catch {
    return new Map();
  }
}

/** Hashed in one go: the process answers meanwhile. */
const pieceBytes = 1 << 20;

/** The name of a file's first `bytes` bytes. Throws ExpectedError 'cancelled'. */
export async function nameOf(
  path: string,
  bytes: number,
  kind: 'sha256' | 'git',
  signal?: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<BlobName> {
  const hash: Hash = createHash(kind === 'git' ? 'sha1' : 'sha256');
  if (kind === 'git') hash.update(`blob ${bytes}\0`);
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, bytes)));
    for (let at = 0; at < bytes; ) {
      if (signal?.aborted) throw cancelled();
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.byteLength, bytes - at), at);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
      onBytes(bytesRead);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
