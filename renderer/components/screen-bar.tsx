import type { ReactNode } from 'react';
import { EngineBanner, EngineStatus } from './engine-status.tsx';
import classes from './screen-bar.module.css';

interface ScreenBarProps {
  readonly title: string;
  /** A few quiet words beside the title. */
  readonly aside?: ReactNode;
  /** Buttons at the right end. */
  readonly children?: ReactNode;
}

/** The head of a screen: its name, its buttons, the engine's state. */
export function ScreenBar({ title, aside, children }: ScreenBarProps) {
  return (
    <>
      <header className={classes.bar}>
        <h1 className={classes.title}>{title}</h1>
        <span className={classes.aside}>{aside}</span>
        {children}
        <EngineStatus />
      </header>
      <EngineBanner />
    </>
  );
}
