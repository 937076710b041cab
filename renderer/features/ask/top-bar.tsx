import { IconLayoutSidebar, IconVideoPlus } from '@tabler/icons-react';
import { useStore } from 'zustand';
import { EngineStatus } from '../../components/engine-status.tsx';
import { IconButton } from '../../components/icon-button.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { modKey } from '../../lib/platform.ts';
import classes from './top-bar.module.css';

/** What is on screen, and the engine's state. */
export function TopBar({ narrow }: { readonly narrow: boolean }) {
  const { layout, conversation, video, chooseVideo, engine } = useStudio();
  const title = useStore(conversation.store, (state) => state.title);
  const hasVideo = useStore(video.store, (state) => state.video !== null);
  const ready = useStore(engine.store, (state) => state.status.kind === 'ready');
  const sidebar = useStore(layout.store, (state) => (narrow ? state.drawer : state.sidebar));
  return (
    <header className={classes.bar}>
      <IconButton
        label={sidebar ? 'Hide conversations' : 'Show conversations'}
        keys={modKey('B')}
        aria-expanded={sidebar}
        onClick={() => layout.toggleSidebar(narrow)}
      >
        <IconLayoutSidebar size={18} stroke={1.6} />
      </IconButton>
      <h1 className={classes.title}>{title ?? 'New conversation'}</h1>
      {hasVideo && (
        <IconButton
          label="Open video…"
          keys={modKey('O')}
          disabled={!ready}
          onClick={() => void chooseVideo()}
        >
          <IconVideoPlus size={18} stroke={1.6} />
        </IconButton>
      )}
      <EngineStatus />
    </header>
  );
}
