import { ExpectedError } from '../contract/errors.ts';

/** A weights file whose bytes contradict themselves: cut short, overwritten, or made to harm. */
export function corrupt(path: string, detail: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `${path} is damaged: ${detail}.`,
    'Fetch or copy the file again.',
    cause === undefined ? undefined : { cause },
  );
}

/** A weights file that is whole as far as we can tell, but holds something this program does not read. */
export function unsupported(
  path: string,
  detail: string,
  remedy = 'Use the same model in another format.',
): ExpectedError {
  return new ExpectedError('file_unsupported', `${path} ${detail}.`, remedy);
}
