import { plural } from '../lib/numbers.ts';
import classes from './notes.module.css';

/** Sentences that came up on the way, folded in. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <details className={classes.notes}>
      <summary>{plural(notes.length, 'note')}</summary>
      <ul>
        {notes.map((note, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: notes are only added at the end.
          <li key={i}>{note}</li>
        ))}
      </ul>
    </details>
  );
}
