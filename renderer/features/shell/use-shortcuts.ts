import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import type { MenuCommand } from '../../../engine/contract/shell.ts';
import { useStudio } from '../../components/studio-context.tsx';
import { frameStep } from '../../lib/clip.ts';
import { type Command, commandOf, type Focus } from '../../lib/shortcuts.ts';
import { isAnswering } from '../../stores/conversation.ts';
import type { Screen } from '../../stores/navigation.ts';

/** Carries out what the keyboard and the application's menu ask for. */
export function useShortcuts(narrow: boolean): void {
  const studio = useStudio();
  const { setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme('dark');

  useEffect(() => {
    const { layout, player, video, conversation, composer, navigation, manager, compare } = studio;
    const onAsk = () => navigation.store.getState().screen === 'ask';
    const go = (screen: Screen) => () => navigation.go(screen);
    const step = (by: number) => {
      const { video: current } = video.store.getState();
      if (current === null) return;
      player.pause();
      player.seek(Math.min(current.seconds, player.store.getState().time + by));
    };
    const oneFrame = () => {
      const { video: current } = video.store.getState();
      return current === null ? 0 : frameStep(current);
    };
    const run: Readonly<Record<Command, () => void>> = {
      newConversation: () => {
        navigation.go('ask');
        studio.startNew();
      },
      // Where a screen has nothing to search, the conversations are meant.
      searchHistory: () => {
        const { screen } = navigation.store.getState();
        if (screen === 'models' || screen === 'discover') return navigation.search();
        navigation.go('ask');
        layout.searchHistory(narrow);
      },
      openVideo: () => void studio.chooseVideo(),
      toggleSidebar: () => onAsk() && layout.toggleSidebar(narrow),
      sampling: () => layout.showSampling(!layout.store.getState().sampling),
      shortcuts: () => layout.showShortcuts(!layout.store.getState().shortcuts),
      toggleTheme: () => setColorScheme(shown === 'dark' ? 'light' : 'dark'),
      write: composer.focus,
      stop: () => (onAsk() ? conversation.stop() : compare.stop()),
      ask: go('ask'),
      models: go('models'),
      discover: go('discover'),
      downloads: go('downloads'),
      compare: go('compare'),
      train: go('train'),
      settings: go('settings'),
      play: player.toggle,
      markIn: () => video.markEdge('from', player.store.getState().time),
      markOut: () => video.markEdge('to', player.store.getState().time),
      wholeVideo: video.resetRange,
      back: () => step(-oneFrame()),
      forward: () => step(oneFrame()),
      backFar: () => step(-1),
      forwardFar: () => step(1),
    };
    const askOnly = new Set<Command>(['toggleSidebar', 'write']);
    /** Plain keys belong to the video; without one they are nobody's. */
    const needsVideo = new Set<Command>([
      'play',
      'markIn',
      'markOut',
      'wholeVideo',
      'back',
      'forward',
      'backFar',
      'forwardFar',
    ]);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const command = commandOf(event, focusOf(event.target));
      if (command === null) return;
      const layered = document.querySelector('[role="dialog"], [role="menu"]') !== null;
      if (layered && command !== 'shortcuts' && command !== 'sampling') return;
      const answering = onAsk()
        ? isAnswering(conversation.store.getState())
        : compare.store.getState().running;
      if (command === 'stop' && !answering) return;
      if (askOnly.has(command) && !onAsk()) return;
      if (needsVideo.has(command) && (!onAsk() || video.store.getState().video === null)) return;
      event.preventDefault();
      run[command]();
    };
    const fromMenu: Readonly<Record<MenuCommand, () => void>> = {
      openVideo: run.openVideo,
      openFolder: () => void studio.chooseFolder(),
      newConversation: run.newConversation,
      searchHistory: run.searchHistory,
      toggleSidebar: run.toggleSidebar,
      toggleTheme: run.toggleTheme,
      sampling: run.sampling,
      shortcuts: run.shortcuts,
      ask: run.ask,
      models: run.models,
      discover: run.discover,
      downloads: run.downloads,
      compare: run.compare,
      train: run.train,
      settings: run.settings,
      installFile: () => void manager.installFile(),
      installFolder: () => void manager.installFolder(),
    };
    window.addEventListener('keydown', onKeyDown);
    const unsubscribe = studio.host.onMenu((command) => fromMenu[command]());
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      unsubscribe();
    };
  }, [studio, narrow, setColorScheme, shown]);
}

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return 'page';
  if (target.closest('textarea, [contenteditable="true"], input:not([type="range"], [type="checkbox"])'))
    return 'text';
  if (target.closest('button, a, summary, [role="slider"], [role="separator"], [role="menuitem"], input'))
    return 'widget';
  return 'page';
}
