/** A failure whose message is a sentence for the user. Anything else thrown while answering the page is a bug. */
export class ShellError extends Error {
  override readonly name = 'ShellError';
}
