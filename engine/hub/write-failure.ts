import { ExpectedError } from '../contract/errors.ts';
import { isDiskFull } from '../store/disk-full.ts';
import { diskFull } from './starter-files.ts';

/** What the disk said while `path` was written, as an expected error where it is one. */
export function writeFailure(error: unknown, path: string): unknown {
  if (error instanceof ExpectedError || !(error instanceof Error) || !('code' in error)) return error;
  if (isDiskFull(error)) return diskFull(path, error);
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return new ExpectedError(
        'not_allowed',
        `${path} cannot be written.`,
        'Choose another place, or correct its permissions.',
        { cause: error },
      );
    default:
      return error;
  }
}
