import type { Run } from '../../../engine/contract/training.ts';
import classes from './progress-bar.module.css';

interface ProgressBarProps {
  readonly label: string;
  /** 0 to 1. */
  readonly fraction: number;
  readonly state: Run['state'];
}

/** How far a run is. While it is prepared nobody knows, and the bar says so. */
export function ProgressBar({ label, fraction, state }: ProgressBarProps) {
  const open = state === 'preparing';
  return (
    <div
      className={classes.bar}
      data-state={state}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(open ? {} : { 'aria-valuenow': Math.round(fraction * 100) })}
    >
      <i style={open ? {} : { width: `${Math.max(fraction * 100, 0.5)}%` }} />
    </div>
  );
}
