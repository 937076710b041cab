import type { ReactNode } from 'react';
import type { Preflight } from '../../../../engine/contract/training.ts';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { Meter } from '../../../components/meter.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { expected } from '../../../lib/failure.ts';
import { formatBytes, formatCount, formatRough, plural } from '../../../lib/numbers.ts';
import { formatDuration } from '../../../lib/run-words.ts';
import { formatSeconds } from '../../../lib/time.ts';
import { SavingsList } from '../savings-list.tsx';
import classes from './wizard.module.css';

interface PreflightViewProps {
  readonly preflight: Preflight;
  /** The button that measures again. */
  readonly again: ReactNode;
}

/** What the run will take, as measured, and what would make it less. */
export function PreflightView({ preflight, again }: PreflightViewProps) {
  const { wizard } = useStudio();
  const { memoryBytes, totalMemoryBytes, diskBytes, freeDiskBytes, savings, problems, warnings } = preflight;
  const { secondsToEncode, secondsToTrain, secondsPerStep, trainableParameters, totalParameters } = preflight;
  const memoryWords = `${formatBytes(memoryBytes)} of ${formatBytes(totalMemoryBytes)}`;
  const diskWords =
    freeDiskBytes === null
      ? formatBytes(diskBytes)
      : `${formatBytes(diskBytes)} of ${formatBytes(freeDiskBytes)} free`;
  return (
    <>
      {problems.map(({ sentence, remedy }) => (
        <FailureNote key={sentence} failure={expected({ code: 'bad_request', sentence, remedy })} />
      ))}
      <section className={`${card.card} ${classes.report}`} aria-label="Measured">
        <div className={classes.meters}>
          <div>
            <p className={classes.meterWords}>
              <span>Memory</span>
              <span>{memoryWords}</span>
            </p>
            <Meter
              label="Memory"
              words={memoryWords}
              limit={totalMemoryBytes}
              pieces={[{ label: 'Training', value: memoryBytes, colour: 'var(--m-accent)' }]}
            />
          </div>
          <div>
            <p className={classes.meterWords}>
              <span>Disk</span>
              <span>{diskWords}</span>
            </p>
            {freeDiskBytes !== null && (
              <Meter
                label="Disk"
                words={diskWords}
                limit={freeDiskBytes}
                pieces={[{ label: 'Training', value: diskBytes, colour: 'var(--m-encoder-3)' }]}
              />
            )}
          </div>
        </div>
        <dl className={classes.counts}>
          <div>
            <dt>Takes about</dt>
            <dd>
              {formatDuration(secondsToEncode + secondsToTrain)}
              {secondsToEncode >= 1 && (
                <span className={classes.sub}>
                  {' '}
                  ({formatDuration(secondsToEncode)} to look at the clips once)
                </span>
              )}
            </dd>
          </div>
          <div>
            <dt>Steps</dt>
            <dd>{formatCount(preflight.steps)}</dd>
          </div>
          <div>
            <dt>Time a step</dt>
            <dd>{formatSeconds(secondsPerStep)}</dd>
          </div>
          <div>
            <dt>Parameters that learn</dt>
            <dd>
              {formatRough(trainableParameters)} of {formatRough(totalParameters)}
            </dd>
          </div>
          <div>
            <dt>Examples</dt>
            <dd>
              {formatCount(preflight.data.examples)}
              {preflight.data.problemCount > 0 && (
                <span className={classes.sub}> ({plural(preflight.data.problemCount, 'row')} left out)</span>
              )}
            </dd>
          </div>
        </dl>
        {warnings.length > 0 && (
          <ul className={classes.warnings}>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        )}
        <div className={classes.row}>{again}</div>
      </section>
      <SavingsList savings={savings} onApply={(change) => void wizard.apply(change)} />
    </>
  );
}
