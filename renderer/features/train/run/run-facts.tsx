import { useStore } from 'zustand';
import { isWorking, type Run } from '../../../../engine/contract/training.ts';
import { ProgressBar } from '../../../components/progress-bar.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { fileName } from '../../../lib/file-name.ts';
import { formatBytes, formatCount } from '../../../lib/numbers.ts';
import {
  formatLoss,
  fractionOf,
  leftWords,
  methodWords,
  progressOf,
  stepWords,
} from '../../../lib/run-words.ts';
import { formatSeconds } from '../../../lib/time.ts';
import { modelName } from '../model-name.ts';
import classes from './run-page.module.css';

/** What a run is at, and its figures now. */
export function RunFacts({ run }: { readonly run: Run }) {
  const model = useStore(useStudio().models.store, (state) => modelName(state.models, run.config.modelId));
  const { config, state, detail, steps, loss, best, secondsPerStep, memoryBytes } = run;
  const working = isWorking(run);
  const figures = [
    ['Model', model],
    ['Recipe', methodWords(config)],
    ['Data', fileName(config.data.file)],
    ['Loss', loss === null ? null : formatLoss(loss)],
    ['Best on kept-out', best === null ? null : `${formatLoss(best.loss)} at step ${formatCount(best.step)}`],
    ['Time a step', secondsPerStep === null ? null : formatSeconds(secondsPerStep)],
    [
      'Memory',
      state === 'paused' ? 'freed' : memoryBytes === null || !working ? null : formatBytes(memoryBytes),
    ],
  ] as const;
  const percent = `${Math.round(fractionOf(run) * 100)} %`;
  return (
    <div className={classes.facts}>
      <ProgressBar label={config.name} fraction={progressOf(run)} state={state} />
      <div className={classes.line}>
        {/* The bar tells how far it is; only what is no step of it is spoken by itself. */}
        <span className={classes.detail} role="status" aria-live={working ? 'off' : 'polite'}>
          {detail}
        </span>
        <span className={classes.left}>
          {[...stepWords(run), ...(steps === null ? [] : [percent]), ...leftWords(run)].join(' · ')}
        </span>
      </div>
      <dl className={classes.figures}>
        {figures.map(([label, value]) =>
          value === null ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </div>
  );
}
