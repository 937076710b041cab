import { type FileHandle, open, stat } from 'node:fs/promises';
import { ExpectedError } from '../contract/errors.ts';
import { corrupt } from './problems.ts';

/** An open file read at positions. `read` gives exactly the bytes asked for or throws 'file_corrupt'. */
export interface RandomAccessFile {
  readonly path: string;
  /** Bytes, as it was when opened. */
  readonly size: number;
  /** A fresh buffer (offset 0 of its ArrayBuffer, so that typed arrays may view it). */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Fills `target` from `position` on. */
  readInto(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file by its path; one of this machine ({@link openFile}), or of a place that is read in ranges. */
export type OpenFile = (path: string) => Promise<RandomAccessFile>;

/** One read of the operating system may not exceed 2 GiB. */
const largestRead = 1 << 30;

/** Throws ExpectedError 'file_missing', 'file_unreadable'. */
export async function openFile(path: string): Promise<RandomAccessFile> {
  const failed = (error: unknown): never => {
    throw cannotOpen(path, error);
  };
  // Before it is opened: opening a named pipe waits for somebody to write.
  if (!(await stat(path).catch(failed)).isFile()) {
    throw new ExpectedError('file_unreadable', `${path} is not a file.`, 'Choose a file.');
  }
  const handle = await open(path, 'r').catch(failed);
  const { size } = await handle.stat();
  return new OpenedFile(path, size, handle);
}

/** Memory for what a file holds. Throws ExpectedError 'out_of_memory' where there is not so much. */
export function allocate<T>(path: string, bytes: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpectedError(
      'out_of_memory',
      `There is not enough memory for ${Math.ceil(bytes / 2 ** 20)} MiB of ${path}.`,
      'Close other programs, or use a smaller model.',
      { cause: error },
    );
  }
}

/** What `open` or `stat` reported, as an expected error. */
export function cannotOpen(path: string, error: unknown): ExpectedError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return code === 'ENOENT' || code === 'ENOTDIR'
    ? new ExpectedError('file_missing', `${path} is not there.`, 'Check the path.', { cause: error })
    : new ExpectedError('file_unreadable', `${path} cannot be read (${code}).`, 'Check its permissions.', {
        cause: error,
      });
}

class OpenedFile implements RandomAccessFile {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    this.#check(position, length);
    const bytes = allocate(this.path, length, () => new Uint8Array(length));
    await this.readInto(bytes, position);
    return bytes;
  }

  async readInto(target: Uint8Array, position: number): Promise<void> {
    this.#check(position, target.byteLength);
    let done = 0;
    while (done < target.byteLength) {
      const want = Math.min(largestRead, target.byteLength - done);
      const { bytesRead } = await this.#handle
        .read(target, done, want, position + done)
        .catch((error: unknown) => {
          throw cannotOpen(this.path, error);
        });
      if (bytesRead === 0) throw corrupt(this.path, `it became shorter than ${this.size} bytes while read`);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Before anything is allocated: a length from a hostile header never reaches `new Uint8Array`. */
  #check(position: number, length: number): void {
    if (position < 0 || length < 0 || !(position + length <= this.size)) {
      throw corrupt(
        this.path,
        `bytes ${position} to ${position + length} are asked for, it has ${this.size}`,
      );
    }
  }
}
