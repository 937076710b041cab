import classes from './progress-bar.module.css';

interface ProgressBarProps {
  readonly label: string;
  /** 0 to 1; null while nobody knows, which the bar says. */
  readonly fraction: number | null;
  /** What it belongs to is paused, failed, …: the bar's colour. */
  readonly state: string;
}

/** How far some long work is. */
export function ProgressBar({ label, fraction, state }: ProgressBarProps) {
  return (
    <div
      className={classes.bar}
      data-state={state}
      data-open={fraction === null}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(fraction === null ? {} : { 'aria-valuenow': Math.round(fraction * 100) })}
    >
      <i style={fraction === null ? {} : { width: `${Math.max(fraction * 100, 0.5)}%` }} />
    </div>
  );
}
