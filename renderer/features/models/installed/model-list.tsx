import { type KeyboardEvent, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { SearchField } from '../../../components/search-field.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
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
  const box = useRef<HTMLUListElement>(null);
  const words = search.trim().toLowerCase();
  const found = list.filter((model) =>
    [model.name, ...model.parts.map((part) => part.name)].some((text) => text.toLowerCase().includes(words)),
  );
  const stop = found.some((model) => model.id === currentId) ? currentId : found[0]?.id;

  const onKeyDown = (event: KeyboardEvent<HTMLUListElement>) => {
    const rows = [...(box.current?.querySelectorAll<HTMLElement>('[data-model]') ?? [])];
    const at = rows.indexOf(event.target as HTMLElement);
    const model = found[at];
    if (model === undefined) return;
    if (event.key === 'F2') setDialog({ kind: 'rename', model });
    else if (event.key === 'Delete') setDialog({ kind: 'delete', model });
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const next = at + (event.key === 'ArrowDown' ? 1 : -1);
      rows[next]?.focus();
      const id = found[next]?.id;
      if (id !== undefined && currentId !== null) void inspector.open(id);
    } else return;
    event.preventDefault();
  };

  return (
    <nav className={classes.list} aria-label="Models" data-alone={currentId === null}>
      {list.length >= searchFrom && (
        <div className={classes.search}>
          <SearchField label="Filter models" placeholder="Filter" value={search} onChange={setSearch} />
        </div>
      )}
      <ul ref={box} className={classes.rows} onKeyDown={onKeyDown}>
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
