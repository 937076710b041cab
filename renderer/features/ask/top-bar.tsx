import { useMantineColorScheme } from '@mantine/core';
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLayoutSidebar,
  IconMoon,
  IconSun,
  IconVideoPlus,
} from '@tabler/icons-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { IconButton } from '../../components/icon-button.tsx';
import { useStudio } from '../../components/studio-context.tsx';
import { modKey } from '../../lib/platform.ts';
import { EngineStatus } from './engine-status.tsx';
import classes from './top-bar.module.css';

/** What is on screen, the engine's state, and the window's own switches. */
export function TopBar({ narrow }: { readonly narrow: boolean }) {
  const { layout, conversation, video, chooseVideo, engine } = useStudio();
  const title = useStore(conversation.store, (state) => state.title);
  const hasVideo = useStore(video.store, (state) => state.video !== null);
  const ready = useStore(engine.store, (state) => state.status.kind === 'ready');
  const sidebar = useStore(layout.store, (state) => (narrow ? state.drawer : state.sidebar));
  useEffect(() => {
    document.title = title === null ? 'MERV Studio' : `${title} · MERV Studio`;
  }, [title]);
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
      <ThemeButton />
      <IconButton label="Keyboard shortcuts" keys="?" onClick={() => layout.showShortcuts(true)}>
        <IconKeyboard size={18} stroke={1.6} />
      </IconButton>
    </header>
  );
}

const schemes = {
  auto: { next: 'light', label: 'Theme: as the system', icon: IconDeviceDesktop },
  light: { next: 'dark', label: 'Theme: light', icon: IconSun },
  dark: { next: 'auto', label: 'Theme: dark', icon: IconMoon },
} as const;

/** System, light, dark, round and round. */
function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { next, label, icon: Icon } = schemes[colorScheme];
  return (
    <IconButton label={label} onClick={() => setColorScheme(next)}>
      <Icon size={18} stroke={1.6} />
    </IconButton>
  );
}
