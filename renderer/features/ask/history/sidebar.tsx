import { Button, CloseButton, TextInput } from '@mantine/core';
import { IconEdit, IconSearch } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import { FailureNote } from '../../../components/failure-note.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { HistoryList } from './history-list.tsx';
import classes from './sidebar.module.css';

/** The stored conversations: search, open, rename, delete, export. */
export function Sidebar() {
  const { history, layout, startNew } = useStudio();
  const search = useStore(history.store, (state) => state.search);
  const items = useStore(history.store, (state) => state.items);
  const loaded = useStore(history.store, (state) => state.loaded);
  const foundWith = useStore(history.store, (state) => state.foundWith);
  const failure = useStore(history.store, (state) => state.failure);
  const wishes = useStore(layout.store, (state) => state.searchWishes);
  const field = useRef<HTMLInputElement>(null);
  const seen = useRef(0);

  useEffect(() => {
    if (wishes === seen.current) return;
    seen.current = wishes;
    field.current?.focus();
    field.current?.select();
  }, [wishes]);

  return (
    <nav className={classes.sidebar} aria-label="Conversations">
      <div className={classes.brand}>
        <span>MERV Studio</span>
      </div>
      <div className={classes.top}>
        <Button
          fullWidth
          variant="default"
          justify="flex-start"
          leftSection={<IconEdit size={16} stroke={1.6} aria-hidden />}
          onClick={() => {
            layout.closeDrawer();
            startNew();
          }}
        >
          New conversation
        </Button>
        <TextInput
          ref={field}
          classNames={{ input: classes.search ?? '' }}
          aria-label="Search conversations"
          placeholder="Search"
          leftSection={<IconSearch size={15} stroke={1.7} aria-hidden />}
          rightSection={
            search === '' ? null : (
              <CloseButton size="sm" aria-label="Clear the search" onClick={() => history.search('')} />
            )
          }
          value={search}
          onChange={(event) => history.search(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || search === '') return;
            event.stopPropagation();
            history.search('');
          }}
        />
      </div>
      {failure !== null && (
        <div className={classes.failure}>
          <FailureNote failure={failure} onRetry={() => void history.load()} />
        </div>
      )}
      {failure === null && loaded && items.length === 0 ? (
        <p className={classes.none}>
          {foundWith === ''
            ? 'Your conversations will appear here.'
            : `No conversation has “${foundWith}” in it.`}
        </p>
      ) : (
        <HistoryList />
      )}
    </nav>
  );
}
