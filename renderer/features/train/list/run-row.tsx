import { Checkbox, UnstyledButton } from '@mantine/core';
import { useStore } from 'zustand';
import { isWorking, type Run } from '../../../../engine/contract/training.ts';
import card from '../../../components/card.module.css';
import row from '../../../components/list-row.module.css';
import { ProgressBar } from '../../../components/progress-bar.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import {
  formatLoss,
  leftWords,
  methodWords,
  progressOf,
  stateTones,
  stateWords,
  stepWords,
} from '../../../lib/run-words.ts';
import { modelName } from '../model-name.ts';
import classes from './run-list.module.css';

interface RunRowProps {
  readonly run: Run;
  /** Whether there is another one to compare it with. */
  readonly comparable: boolean;
  readonly picked: boolean;
  /** No more runs can be picked. */
  readonly full: boolean;
}

/** One run in three lines: what it trains, how far it is, how well it goes. */
export function RunRow({ run, comparable, picked, full }: RunRowProps) {
  const { training, trainView, models } = useStudio();
  const model = useStore(models.store, (state) => modelName(state.models, run.config.modelId));
  const { config, state, loss, best, detail } = run;
  const facts = [
    ...stepWords(run),
    ...(loss === null ? [] : [`loss ${formatLoss(loss)}`]),
    ...(best === null ? [] : [`best on kept-out ${formatLoss(best.loss)}`]),
    ...leftWords(run),
  ];
  return (
    <li className={`${card.card} ${classes.item}`}>
      {comparable && (
        <Checkbox
          className={classes.tick ?? ''}
          size="xs"
          radius={4}
          aria-label={`Compare ${config.name}`}
          checked={picked}
          disabled={full && !picked}
          onChange={(event) => trainView.pick(run.id, event.currentTarget.checked)}
        />
      )}
      <UnstyledButton
        className={`${row.row} ${classes.row}`}
        data-run={run.id}
        onClick={() => training.showRun(run.id)}
      >
        <span className={classes.title}>
          <span className={row.name} title={config.name}>
            {config.name}
          </span>
          <Tag tone={stateTones[state]}>{stateWords[state]}</Tag>
        </span>
        <span className={classes.made}>
          {model} · {methodWords(config)}
        </span>
        {isWorking(run) && <ProgressBar label={config.name} fraction={progressOf(run)} state={state} />}
        <span className={classes.facts}>
          {state !== 'done' && <span className={classes.detail}>{run.error?.sentence ?? detail}</span>}
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </span>
      </UnstyledButton>
    </li>
  );
}
