import { Menu } from '@mantine/core';
import { IconBraces, IconDots, IconMarkdown, IconPencil, IconTrash } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { ConversationSummary } from '../../../../engine/contract/conversations.ts';
import { Highlighted } from '../../../components/highlighted.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { excerptOf } from '../../../lib/highlight.ts';
import classes from './history-item.module.css';

interface HistoryItemProps {
  readonly item: ConversationSummary;
  /** Its place among the list's lines, for the arrow keys. */
  readonly line: number;
  readonly tabIndex: 0 | -1;
  readonly current: boolean;
  readonly search: string;
}

export function HistoryItem({ item, line, tabIndex, current, search }: HistoryItemProps) {
  const { history, openConversation, remove } = useStudio();
  const renaming = useStore(history.store, (state) => state.renamingId === item.id);
  const [menu, setMenu] = useState(false);
  const excerpt = excerptOf(item);
  if (renaming) return <Rename item={item} line={line} />;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'F2') return;
    event.preventDefault();
    history.startRenaming(item.id);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a right click opens the same menu as the button.
    <div
      className={classes.item}
      data-current={current}
      data-menu={menu}
      onContextMenu={(event) => {
        event.preventDefault();
        setMenu(true);
      }}
    >
      <button
        type="button"
        className={classes.open}
        data-line={line}
        tabIndex={tabIndex}
        aria-current={current ? 'true' : undefined}
        title={item.title}
        onClick={() => void openConversation(item.id)}
        onDoubleClick={() => history.startRenaming(item.id)}
        onKeyDown={onKeyDown}
      >
        <span className={classes.title}>
          <Highlighted text={item.title} search={search} />
        </span>
        <span className={classes.under} data-excerpt={excerpt !== null}>
          {excerpt === null ? (item.videoName ?? 'No video') : <Highlighted text={excerpt} search={search} />}
        </span>
      </button>
      <Menu opened={menu} onChange={setMenu} position="bottom-end" shadow="md" width={190} withinPortal>
        <Menu.Target>
          <button
            type="button"
            className={classes.more}
            tabIndex={tabIndex}
            aria-label={`More for “${item.title}”`}
          >
            <IconDots size={16} stroke={1.8} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil size={15} stroke={1.6} />}
            rightSection={<span className={classes.keys}>F2</span>}
            onClick={() => history.startRenaming(item.id)}
          >
            Rename
          </Menu.Item>
          <Menu.Item
            leftSection={<IconMarkdown size={15} stroke={1.6} />}
            onClick={() => void history.exportAs(item.id, 'markdown')}
          >
            Export as Markdown
          </Menu.Item>
          <Menu.Item
            leftSection={<IconBraces size={15} stroke={1.6} />}
            onClick={() => void history.exportAs(item.id, 'json')}
          >
            Export as JSON
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            className={classes.danger ?? ''}
            leftSection={<IconTrash size={15} stroke={1.6} />}
            rightSection={<span className={classes.keys}>Del</span>}
            onClick={() => void remove(item.id)}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** The title as a text field: Enter keeps it, Escape does not. */
function Rename({ item, line }: { readonly item: ConversationSummary; readonly line: number }) {
  const { history, rename } = useStudio();
  const [title, setTitle] = useState(item.title);
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => {
    // The menu that led here gives the focus back first.
    const timer = setTimeout(() => field.current?.select(), 0);
    return () => clearTimeout(timer);
  }, []);
  const finish = (keep: boolean) => {
    if (over.current) return;
    over.current = true;
    if (keep) void rename(item.id, title);
    else history.startRenaming(null);
  };
  /** Finished by a key, the focus stays in the list. */
  const finishByKey = (keep: boolean) => {
    finish(keep);
    setTimeout(() => document.querySelector<HTMLElement>(`[data-line="${line}"]`)?.focus(), 0);
  };
  return (
    <input
      ref={field}
      className={classes.rename}
      aria-label="Title"
      maxLength={200}
      value={title}
      onChange={(event) => setTitle(event.currentTarget.value)}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') finishByKey(true);
        if (event.key === 'Escape') {
          event.stopPropagation();
          finishByKey(false);
        }
      }}
    />
  );
}
