import type { ReactNode } from 'react';
import classes from './empty-note.module.css';

interface EmptyNoteProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text?: ReactNode;
  /** Buttons that get the user on. */
  readonly children?: ReactNode;
}

/** A place with nothing in it: why, and what to do. */
export function EmptyNote({ icon, title, text, children }: EmptyNoteProps) {
  return (
    <div className={classes.note}>
      <span className={classes.icon} aria-hidden>
        {icon}
      </span>
      <h2 className={classes.title}>{title}</h2>
      {text !== undefined && <p className={classes.text}>{text}</p>}
      {children !== undefined && <div className={classes.actions}>{children}</div>}
    </div>
  );
}
