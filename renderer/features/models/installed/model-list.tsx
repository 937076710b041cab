import { type KeyboardEvent, useState } from 'react';
import { useStore } from 'zustand';
import { SearchField } from '../../../components/search-field.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { goAlong } from '../../../lib/arrow-keys.ts';
import { ModelDialogs, type OpenDialog } from './model-dialogs.tsx';
import classes from './model-list.module.css';
import { ModelRow } from './model-row.tsx';

/** From so many on, a list is searched rather than read. */
const searchFrom = 6;

/** The models by name. Arrow keys go along it, F2 renames, Delete deletes. */
export function ModelList({ currentId }: { readonly currentId: string | null }) {
  const { models, inspector } = useStudio();
  const list = useStore(models.store, (state) => state.models);
  const [search, setSearch] = useState('');
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const words = search.trim().toLowerCase();
  const found = list.filter((model) =>
    [model.name, ...model.parts.map((part) => part.name)].some((text) => text.toLowerCase().includes(words)),
  );
  const stop = found.some((model) => model.id === currentId) ? currentId : found[0]?.id;

  const onKeyDown = (event: KeyboardEvent<HTMLUListElement>) => {
    const model = found.find(({ id }) => id === (event.target as HTMLElement).dataset.model);
    if (model === undefined) return;
    if (event.key === 'F2') setDialog({ kind: 'rename', model });
    else if (event.key === 'Delete') setDialog({ kind: 'delete', model });
    else {
      const next = found[goAlong(event, '[data-model]') ?? -1];
      if (next !== undefined && currentId !== null) void inspector.open(next.id);
      return;
    }
    event.preventDefault();
  };

  return (
    <nav className={classes.list} aria-label="Models" data-alone={currentId === null}>
      {list.length >= searchFrom && (
        <div className={classes.search}>
          <SearchField label="Filter models" placeholder="Filter" value={search} onChange={setSearch} />
        </div>
      )}
      <ul className={classes.rows} onKeyDown={onKeyDown}>
        {found.map((model) => (
          <li key={model.id}>
            <ModelRow model={model} current={model.id === currentId} tabIndex={model.id === stop ? 0 : -1} />
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className={classes.none}>No model is called “{search.trim()}”.</p>}
      <ModelDialogs dialog={dialog} onClose={() => setDialog(null)} />
    </nav>
  );
}
