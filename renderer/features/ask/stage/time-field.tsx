import { Tooltip } from '@mantine/core';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { formatClock, parseClock } from '../../../lib/time.ts';
import classes from './transport.module.css';

interface TimeFieldProps {
  readonly label: string;
  /** The word on the button that puts the handle at the playhead. */
  readonly shown: string;
  readonly keys: string;
  readonly seconds: number;
  /** What the up and down arrows move by. */
  readonly step: number;
  readonly onMark: () => void;
  readonly onChange: (seconds: number) => void;
}

/** A handle of the clip as a number: type a time, step by frames, or take the playhead's. */
export function TimeField({ label, shown, keys, seconds, step, onMark, onChange }: TimeFieldProps) {
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && parseClock(text) === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a handle moved elsewhere ends the typing here.
  useEffect(() => setText(null), [seconds]);

  const take = () => {
    const parsed = text === null ? null : parseClock(text);
    setText(null);
    if (parsed !== null) onChange(parsed);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') take();
    if (event.key === 'Escape') {
      setText(null);
      event.stopPropagation();
    }
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    onChange(seconds + (event.key === 'ArrowUp' ? step : -step));
  };

  return (
    <span className={classes.field} data-wrong={wrong}>
      <Tooltip label={`${label} at the playhead  ·  ${keys}`} openDelay={450}>
        <button
          type="button"
          className={classes.mark}
          aria-label={`Set ${label.toLowerCase()}`}
          onClick={onMark}
        >
          {shown}
        </button>
      </Tooltip>
      <input
        className={classes.input}
        aria-label={label}
        aria-invalid={wrong}
        inputMode="decimal"
        spellCheck={false}
        value={text ?? formatClock(seconds, 2)}
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={onKeyDown}
      />
    </span>
  );
}
