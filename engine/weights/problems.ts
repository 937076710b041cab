import { ExpectedError } from '../contract/errors.ts';

const longestDetail = 400;

/** What a hostile file calls things may be long, or made to steer a terminal or turn the line around. */
function shown(detail: string): string {
  const short = detail.length > longestDetail ? `${detail.slice(0, longestDetail)}…` : detail;
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** A weights file whose bytes contradict themselves: cut short, overwritten, or made to harm. */
export function corrupt(path: string, detail: string, cause?: unknown): ExpectedError {
  return new ExpectedError(
    'file_corrupt',
    `${path} is damaged: ${shown(detail)}.`,
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
  return new ExpectedError('file_unsupported', `${path} ${shown(detail)}.`, remedy);
}
