import type { Opening as OpeningState } from '../../stores/video.ts';
import classes from './opening.module.css';

/** A file on its way: sent to the engine's machine, then read there. */
export function Opening({ opening }: { readonly opening: OpeningState }) {
  const { name, part } = opening;
  return (
    <div className={classes.opening}>
      <span className={classes.words}>
        {part === null ? 'Opening' : 'Sending'} {name}
        {part !== null && ` · ${Math.round(part * 100)} %`}
      </span>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label={`Opening ${name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(part === null ? {} : { 'aria-valuenow': Math.round(part * 100) })}
        data-known={part !== null}
      >
        <i style={part === null ? {} : { width: `${part * 100}%` }} />
      </div>
    </div>
  );
}
