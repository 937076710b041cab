import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from './write-file.ts';

/** The token for Hugging Face that was entered here: a file of the data folder that this user alone may read. */
export interface TokenStore {
  /** Null where none was entered. */
  read(): string | null;
  /** Empty forgets it. */
  write(token: string): void;
}

export function createTokenStore(dataFolder: string): TokenStore {
  const path = join(dataFolder, 'token');
  return {
    read() {
      try {
        return readFileSync(path, 'utf8').trim() || null;
      } catch {
        return null;
      }
    },
    write(token) {
      if (token.trim() === '') return rmSync(path, { force: true });
      writeFileWhole(path, `${token.trim()}\n`, 0o600);
      // Where the file was there with other rights, or a platform's umask is odd.
      chmodSync(path, 0o600);
    },
  };
}
