import { Button } from '@mantine/core';
import { useStore } from 'zustand';
import type { CatalogueEntry } from '../../../../engine/contract/hub.ts';
import card from '../../../components/card.module.css';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { roleNames } from '../../../lib/model-facts.ts';
import { formatBytes } from '../../../lib/numbers.ts';
import { jobOf } from '../../../stores/jobs.ts';
import classes from './catalogue.module.css';

/** One recommended model: what it is, what it costs, and the button that gets it. */
export function CatalogueCard({ entry }: { readonly entry: CatalogueEntry }) {
  return (
    <article className={`${card.card} ${classes.card}`} aria-label={entry.name}>
      <div className={classes.head}>
        <h3 className={classes.name}>{entry.name}</h3>
        {entry.modelId !== null && <Tag tone="good">Installed</Tag>}
        {entry.modelId === null && entry.misfit === null && <Tag tone="good">Fits</Tag>}
        {entry.modelId === null && entry.misfit !== null && <Tag tone="warn">Too large</Tag>}
      </div>
      <p className={classes.description}>{entry.description}</p>
      <ul className={classes.parts} aria-label="Parts">
        {entry.parts
          .filter((part) => part.role !== 'tokenizer')
          .map((part) => (
            <li key={`${part.role} ${part.name}`}>
              <Tag
                title={part.repo === null ? roleNames[part.role] : `${roleNames[part.role]}: ${part.repo}`}
              >
                {part.name}
              </Tag>
            </li>
          ))}
      </ul>
      {entry.misfit !== null && <p className={classes.misfit}>{entry.misfit}</p>}
      <dl className={classes.figures}>
        <div>
          <dt>Download</dt>
          <dd>{formatBytes(entry.download)}</dd>
        </div>
        <div>
          <dt>On disk</dt>
          <dd>{formatBytes(entry.disk)}</dd>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{formatBytes(entry.memory)}</dd>
        </div>
      </dl>
      <div className={classes.foot}>
        <span className={classes.licence}>{entry.licence}</span>
        <CardButton entry={entry} />
      </div>
    </article>
  );
}

function CardButton({ entry }: { readonly entry: CatalogueEntry }) {
  const { manager, jobs, navigation } = useStudio();
  const job = useStore(jobs.store, (state) => jobOf(state.jobs, entry.modelId ?? entry.id));
  const { modelId } = entry;
  if (job !== null) {
    return (
      <Button size="xs" variant="default" onClick={() => navigation.go('downloads')}>
        {job.state === 'running' ? `${Math.round(job.fraction * 100)} %` : 'Show download'}
      </Button>
    );
  }
  if (modelId !== null) {
    return (
      <Button size="xs" variant="default" onClick={() => manager.showModel(modelId)}>
        Show
      </Button>
    );
  }
  return (
    <Button
      size="xs"
      aria-label={`Install ${entry.name}`}
      onClick={() => manager.install({ kind: 'catalogue', id: entry.id }, entry.name)}
    >
      Install…
    </Button>
  );
}
