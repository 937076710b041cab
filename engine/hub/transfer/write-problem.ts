import { ExpectedError } from '../../contract/errors.ts';
import { isDiskFull } from '../../store/disk-full.ts';
import { diskFull } from '../starter-files.ts';

/** What the operating system said about a write below `path`, as 'disk_full' or 'not_allowed'; other errors as they are. */
export function writeProblem(path: string, error: unknown): unknown {
  if (isDiskFull(error)) return diskFull(path, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EFBIG') {
    return new ExpectedError(
      'disk_full',
      `The disk with ${path} cannot hold a file of this size.`,
      'Name a folder on another disk: in HF_HOME for weights, in MERV_HOME for all else (FAT32 ends at 4 GB).',
      { cause: error },
    );
  }
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return new ExpectedError(
      'not_allowed',
      `${path} cannot be written (${code}).`,
      'Check its permissions.',
      {
        cause: error,
      },
    );
  }
  return error;
}
