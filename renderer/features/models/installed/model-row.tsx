import { UnstyledButton } from '@mantine/core';
import { useStore } from 'zustand';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import row from '../../../components/list-row.module.css';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { isActive } from '../../../lib/job-words.ts';
import { fitOf, fitWords, licencesOf, precisionsOf, usualMemory } from '../../../lib/model-facts.ts';
import { formatBytes, formatSpeed } from '../../../lib/numbers.ts';
import { jobOf } from '../../../stores/jobs.ts';
import classes from './model-list.module.css';

interface ModelRowProps {
  readonly model: ModelSummary;
  readonly current: boolean;
  readonly tabIndex: 0 | -1;
}

/** One model in three lines: what it is, what it is made of, and how it goes on this machine. */
export function ModelRow({ model, current, tabIndex }: ModelRowProps) {
  const { inspector, models, jobs, engine } = useStudio();
  const chosen = useStore(models.store, (state) => state.chosenId === model.id);
  const job = useStore(jobs.store, (state) => jobOf(state.jobs, model.id));
  const memory = useStore(engine.store, (state) => state.info?.totalMemoryBytes ?? null);
  const fit = memory === null ? null : fitOf(usualMemory(model).bytes, memory);
  const speed = model.speed?.tokensPerSecond ?? null;
  const licences = licencesOf(model.parts);
  const languageModel = model.parts.find((part) => part.role === 'languageModel');
  const made = [
    ...(model.encoders.length > 0 ? [model.encoders.map((encoder) => encoder.name).join(', ')] : []),
    ...(languageModel
      ? [model.adapterOf === null ? languageModel.name : `${languageModel.name} with an adapter`]
      : []),
  ].join(' → ');
  return (
    <UnstyledButton
      className={`${row.row} ${classes.row}`}
      data-model={model.id}
      aria-current={current}
      tabIndex={tabIndex}
      onClick={() => void inspector.open(model.id)}
    >
      <span className={classes.title}>
        <span className={row.name} title={model.name}>
          {model.name}
        </span>
        {chosen && <Tag tone="accent">In use</Tag>}
        {model.demonstration && <Tag tone="warn">Demo</Tag>}
        {job !== null && isActive(job) ? (
          <Tag tone="accent">{`${Math.round(job.fraction * 100)} %`}</Tag>
        ) : (
          model.problem !== null && <Tag tone="bad">Needs repair</Tag>
        )}
      </span>
      <span className={classes.made} title={made}>
        {made}
      </span>
      <span className={classes.facts}>
        <span>{formatBytes(model.bytes)}</span>
        <span>{precisionsOf(model.parts)}</span>
        <span>{licences.length === 1 ? licences[0] : `${licences.length} licences`}</span>
        {speed !== null && <span>{formatSpeed(speed)} tokens/s</span>}
        {fit !== null && (
          <span className={classes.fit} data-fit={fit}>
            {fitWords[fit]}
          </span>
        )}
      </span>
    </UnstyledButton>
  );
}
