import { Button, Loader } from '@mantine/core';
import { useStore } from 'zustand';
import card from '../../../components/card.module.css';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { fileName } from '../../../lib/file-name.ts';
import { formatSmall, methodWords } from '../../../lib/run-words.ts';
import { modelName } from '../model-name.ts';
import { SavingsList } from '../savings-list.tsx';
import { FirstBatch } from './first-batch.tsx';
import { PreflightView } from './preflight-view.tsx';
import classes from './wizard.module.css';

/** What will be done, and what it will take: measured with the largest batch before anything starts. */
export function ReviewStep() {
  const { wizard, models } = useStudio();
  const { config, measurement } = useStore(wizard.store);
  const model = useStore(models.store, (state) => modelName(state.models, config.modelId));
  const figures = [
    ['Run', config.name],
    ['Model', model],
    ['Data', fileName(config.data.file)],
    ['Recipe', methodWords(config)],
    ['Epochs', formatSmall(config.epochs)],
    ['Learning rate', formatSmall(config.learningRate)],
  ] as const;
  const again = (
    <Button size="compact-sm" variant="default" onClick={() => void wizard.measure()}>
      Measure again
    </Button>
  );
  return (
    <>
      <dl className={classes.counts}>
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {measurement.kind === 'none' && (
        <section className={`${card.card} ${classes.report}`} aria-label="Measurement">
          <p className={classes.help}>
            The largest batch is run once, so that memory and time are known before the run. Nothing is
            learned by it.
          </p>
          <div className={classes.row}>
            <Button size="compact-sm" variant="default" onClick={() => void wizard.measure()}>
              Measure
            </Button>
          </div>
        </section>
      )}
      {measurement.kind === 'running' && (
        <section className={`${card.card} ${classes.report}`} aria-label="Measurement">
          <div className={classes.running} role="status">
            <Loader size={16} />
            <span className={classes.at}>Measuring: {measurement.detail}</span>
            <Button size="compact-sm" variant="default" onClick={wizard.stopMeasuring}>
              Stop measuring
            </Button>
          </div>
        </section>
      )}
      {measurement.kind === 'failed' && (
        <>
          <FailureNote failure={measurement.failure}>{again}</FailureNote>
          <SavingsList savings={measurement.savings} onApply={(change) => void wizard.apply(change)} />
        </>
      )}
      {measurement.kind === 'done' && (
        <>
          <PreflightView preflight={measurement.preflight} again={again} />
          <FirstBatch examples={measurement.preflight.firstBatch} />
        </>
      )}
    </>
  );
}
