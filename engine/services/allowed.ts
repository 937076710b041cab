import { isAbsolute, resolve } from 'node:path';
import { ExpectedError } from '../contract/errors.ts';

/** Which files and folders of this machine a caller may name: those that the door lets through. */
export interface Allowed {
  /** The path, normalised. Throws ExpectedError 'bad_request' for what is no full path, 'not_allowed'. */
  path(path: string): string;
}

export function createAllowed(mayOpen: (path: string) => boolean): Allowed {
  return {
    path(path) {
      if (!isAbsolute(path) || path.includes('\0')) {
        throw new ExpectedError(
          'bad_request',
          `${JSON.stringify(path)} is not the full path of a file.`,
          'Choose it again.',
        );
      }
      const asked = resolve(path);
      if (mayOpen(asked)) return asked;
      throw new ExpectedError(
        'not_allowed',
        `${asked} was not chosen in this window.`,
        'Choose it in the file dialog, or use the command line on that machine.',
      );
    },
  };
}
