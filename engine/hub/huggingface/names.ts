import { ExpectedError } from '../../contract/errors.ts';

/** Names come from people and servers, and become addresses and paths: each is checked where it enters. */
const repoName = /^[A-Za-z0-9_][\w.-]{0,95}\/[A-Za-z0-9_][\w.-]{0,95}$/;
const commitName = /^[0-9a-f]{40}$/;
const blobName = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export const isCommit = (text: string): boolean => commitName.test(text);
export const isBlobName = (text: string): boolean => blobName.test(text);

/** Throws ExpectedError 'bad_request' where it is not `owner/name`. */
export function checkRepo(repo: string): void {
  if (repoName.test(repo) && !repo.includes('..') && !repo.includes('--')) return;
  throw new ExpectedError(
    'bad_request',
    `${repo.slice(0, 200)} is not the name of a repository.`,
    'Write it as owner/name, as its page does.',
  );
}

/** Throws ExpectedError 'bad_request' where it could not be a branch, tag or commit. */
export function checkRevision(revision: string): void {
  if (/^[\w./-]{1,200}$/.test(revision) && isInside(revision)) return;
  throw new ExpectedError(
    'bad_request',
    `${revision.slice(0, 200)} is not the name of a revision.`,
    'Write a branch, a tag or a commit.',
  );
}

/** A path of a repository that stays inside its folder on every platform. */
export function isInside(path: string): boolean {
  return (
    path.length > 0 &&
    path.length < 1000 &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    !/[\\:\u0000-\u001f]/.test(path) &&
    // Half of a surrogate pair has no form in an address.
    !/\p{Cs}/u.test(path) &&
    path.split('/').every(isStep)
  );
}

/** A name that is one on every disk: Windows drops dots and spaces at its end. */
function isStep(step: string): boolean {
  return step !== '' && !/[. ]$/.test(step) && Buffer.byteLength(step) <= 255;
}

/** Throws ExpectedError 'bad_request'. */
export function checkPath(path: string): void {
  if (isInside(path)) return;
  throw new ExpectedError(
    'bad_request',
    `${path.slice(0, 200)} is not a file of a repository.`,
    'Name a file as the repository lists it.',
  );
}

/** In an address: each step escaped. */
export function escapedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
