import { Select } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useStore } from 'zustand';
import type { PlannedPart } from '../../../../engine/contract/hub.ts';
import type { Precision } from '../../../../engine/contract/models.ts';
import { useStudio } from '../../../components/studio-context.tsx';
import { Tag } from '../../../components/tag.tsx';
import { roleNames } from '../../../lib/model-facts.ts';
import { formatBytes, formatRough } from '../../../lib/numbers.ts';
import { chosenPrecision } from '../../../stores/install.ts';
import classes from './plan-view.module.css';

/** Each part as it would be made, with the precision it is to be written at. */
export function PlannedParts({ parts }: { readonly parts: readonly PlannedPart[] }) {
  return (
    <ul className={classes.parts}>
      {parts.map((part) => (
        <Part key={`${part.role} ${part.id}`} part={part} />
      ))}
    </ul>
  );
}

const states: Readonly<Record<PlannedPart['state'], { tone: 'good' | 'accent' | 'plain'; words: string }>> = {
  installed: { tone: 'good', words: 'installed already' },
  cached: { tone: 'accent', words: 'downloaded already' },
  fetch: { tone: 'plain', words: 'to download' },
};

function Part({ part }: { readonly part: PlannedPart }) {
  const { install } = useStudio();
  const choices = useStore(install.store, (state) => state.choices);
  const precision = chosenPrecision(part, choices);
  const bytes = part.sizes.find((size) => size.precision === precision)?.bytes ?? null;
  const fetched = part.files.reduce((sum, file) => sum + (file.cached ? 0 : file.bytes), 0);
  const state = states[part.state];
  return (
    <li className={classes.part}>
      <div className={classes.line}>
        <span className={classes.name}>{part.name}</span>
        <Tag tone={state.tone}>
          {part.state === 'fetch' && fetched > 0 ? `${formatBytes(fetched)} to download` : state.words}
        </Tag>
        {part.gated === 'asks' && (
          <Tag tone="warn">
            <IconLock size={10} stroke={2.2} aria-hidden /> gated
          </Tag>
        )}
      </div>
      {part.sizes.length > 1 ? (
        <Select
          size="xs"
          aria-label={`Precision of ${part.name}`}
          allowDeselect={false}
          comboboxProps={{ withinPortal: true, width: 190, position: 'bottom-end' }}
          data={part.sizes.map((size) => ({
            value: size.precision,
            label: `${size.precision} · ${formatBytes(size.bytes)}`,
          }))}
          value={precision}
          renderOption={({ option }) => (
            <span className={classes.option}>
              {option.label}
              {option.value === part.sizes[0]?.precision && <em>proposed</em>}
            </span>
          )}
          onChange={(value) => void install.choose(part, value as Precision)}
        />
      ) : (
        <span className={classes.size}>
          {[precision, bytes === null ? null : formatBytes(bytes)].filter(Boolean).join(' · ')}
        </span>
      )}
      <div className={classes.facts}>
        <span>{roleNames[part.role]}</span>
        {part.parameters !== null && <span>{formatRough(part.parameters)} parameters</span>}
        {part.repo !== null && (
          <span>
            {part.repo}
            {part.revision !== null && ` at ${part.revision.slice(0, 8)}`}
          </span>
        )}
        {part.licence !== null && <span>{part.licence}</span>}
      </div>
    </li>
  );
}
