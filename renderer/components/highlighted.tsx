import { highlight } from '../lib/highlight.ts';

/** A text with the words that were searched for marked. */
export function Highlighted({ text, search }: { readonly text: string; readonly search: string }) {
  return highlight(text, search).map((part, i) =>
    part.marked ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the place in the text is a stretch's identity.
      <mark key={i}>{part.text}</mark>
    ) : (
      part.text
    ),
  );
}
