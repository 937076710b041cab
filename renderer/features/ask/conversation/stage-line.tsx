import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useStudio } from '../../../components/studio-context.tsx';
import type { Stage } from '../../../lib/answer.ts';
import { formatCount, plural } from '../../../lib/numbers.ts';
import { formatSeconds } from '../../../lib/time.ts';
import { encoderName } from '../../../stores/models.ts';
import classes from './stage-line.module.css';

interface StageLineProps {
  /** Null where another window asked: then only the text is known. */
  readonly stage: Stage | null;
  /** True before the first word: then the line stands where the answer will. */
  readonly silent: boolean;
}

/** What the engine is doing, how far it is, and for how long. */
export function StageLine({ stage, silent }: StageLineProps) {
  const models = useStore(useStudio().models.store);
  const [started] = useState(() => Date.now());
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((Date.now() - started) / 1000), 200);
    return () => clearInterval(timer);
  }, [started]);

  const { words, part } = describe(stage, (id) => encoderName(models, id));
  return (
    <div className={classes.line} data-silent={silent}>
      <div className={classes.words}>
        <span className={classes.pulse} aria-hidden />
        <span className={classes.what}>{words}</span>
        {seconds >= 1 && <span className={classes.time}>{formatSeconds(seconds)}</span>}
      </div>
      {stage?.kind !== 'writing' && (
        <div
          className={classes.bar}
          role="progressbar"
          aria-label={words}
          aria-valuemin={0}
          aria-valuemax={100}
          {...(part === null ? {} : { 'aria-valuenow': Math.round(part * 100) })}
          data-known={part !== null}
        >
          <i style={part === null ? {} : { width: `${part * 100}%` }} />
        </div>
      )}
    </div>
  );
}

/** The stage in words, and how much of it is done where that is known. */
export function describe(
  stage: Stage | null,
  nameOf: (encoder: string) => string,
): { readonly words: string; readonly part: number | null } {
  if (stage === null) return { words: 'Answering', part: null };
  switch (stage.kind) {
    case 'sending':
      return { words: 'Sending the question', part: null };
    case 'waiting':
      return { words: `Waiting for ${plural(stage.ahead, 'other answer')}`, part: null };
    case 'loading':
      return { words: `Loading ${stage.part}`, part: null };
    case 'decoding':
      return { words: 'Decoding frames', part: null };
    case 'encoding':
      return {
        words: `Looking with ${nameOf(stage.encoder)} · ${stage.done} of ${plural(stage.total, 'frame')}`,
        part: stage.total > 0 ? stage.done / stage.total : null,
      };
    case 'reading':
      return {
        words: `Reading the prompt · ${formatCount(stage.done)} of ${formatCount(stage.total)} tokens`,
        part: stage.total > 0 ? stage.done / stage.total : null,
      };
    case 'writing':
      return { words: `Writing · ${plural(stage.generated, 'token')}`, part: null };
    default:
      return stage satisfies never;
  }
}
