import { useStore } from 'zustand';
import type { ModelPart, ModelSummary } from '../../../../engine/contract/models.ts';
import { ExternalLink } from '../../../components/external-link.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { qualityWords, roleNames } from '../../../lib/model-facts.ts';
import { formatBytes, plural } from '../../../lib/numbers.ts';
import { encoderColour } from '../../../lib/theme.ts';
import classes from './parts-list.module.css';

/** Each part: what it is, how good it is at its precision, whose it is and where it came from. */
export function PartsList({ model }: { readonly model: ModelSummary }) {
  return (
    <ul className={classes.list}>
      {model.parts.map((part) => (
        <PartItem key={`${part.role} ${part.id}`} part={part} model={model} />
      ))}
    </ul>
  );
}

function PartItem({ part, model }: { readonly part: ModelPart; readonly model: ModelSummary }) {
  const { models } = useStudio();
  const all = useStore(models.store, (state) => state.models);
  const index = model.encoders.findIndex((each) => part.role === 'encoder' && each.id === part.id);
  const encoder = model.encoders[index];
  const users = part.sharedWith.map((id) => all.find((other) => other.id === id)?.name ?? id);
  const quality = part.quality === null ? null : qualityWords(part.quality);
  return (
    <li className={classes.part}>
      <div className={classes.line}>
        {encoder !== undefined && (
          <i className={classes.dot} style={{ background: encoderColour(index) }} aria-hidden />
        )}
        <span className={classes.name}>{part.name}</span>
        {part.precision !== null && <Tag>{part.precision}</Tag>}
        {users.length > 0 && (
          <Tag tone="accent" title={`Also used by ${users.join(', ')}. It is on disk once.`}>
            {`shared with ${users.length === 1 ? users[0] : users.length}`}
          </Tag>
        )}
        <span className={classes.bytes}>{formatBytes(part.bytes)}</span>
      </div>
      <div className={classes.facts}>
        <span>{roleNames[part.role]}</span>
        {encoder !== undefined && (
          <span>
            {plural(encoder.frames, 'frame')} → {plural(encoder.visualTokens, 'visual token')}
          </span>
        )}
        <span>{part.licence}</span>
        <ExternalLink href={part.url}>{part.source}</ExternalLink>
      </div>
      {quality !== null && (
        <div className={classes.quality} data-grade={quality.grade}>
          <span>{quality.words}</span>
          <span className={classes.figures}>{quality.figures}</span>
        </div>
      )}
    </li>
  );
}
