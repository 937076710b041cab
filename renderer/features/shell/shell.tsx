import { useMediaQuery } from '@mantine/hooks';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { useStudio } from '../../components/studio-context.tsx';
import { AskScreen } from '../ask/ask-screen.tsx';
import { CompareScreen } from '../models/compare/compare-screen.tsx';
import { DiscoverScreen } from '../models/discover/discover-screen.tsx';
import { DownloadsScreen } from '../models/downloads/downloads-screen.tsx';
import { InstallSheet } from '../models/install/install-sheet.tsx';
import { InstalledScreen } from '../models/installed/installed-screen.tsx';
import { SettingsScreen } from '../settings/settings-screen.tsx';
import { TrainScreen } from '../train/train-screen.tsx';
import { DropOverlay } from './drop-overlay.tsx';
import { screenTitles } from './places.ts';
import { Rail } from './rail.tsx';
import classes from './shell.module.css';
import { useShortcuts } from './use-shortcuts.ts';

const narrowBelow = 860;

/** The window: the rail, and the screen that it leads to. */
export function Shell() {
  const { navigation, conversation } = useStudio();
  const narrow = useMediaQuery(`(max-width: ${narrowBelow}px)`, false, { getInitialValueInEffect: false });
  const screen = useStore(navigation.store, (state) => state.screen);
  const question = useStore(conversation.store, (state) => state.title);
  useShortcuts(narrow);
  useEffect(() => {
    const title = screen === 'ask' ? question : screenTitles[screen];
    document.title = title === null ? 'MERV Studio' : `${title} · MERV Studio`;
  }, [screen, question]);
  return (
    <div className={classes.shell}>
      <Rail />
      {/* The video and what was scrolled to stay while another screen is looked at. */}
      <div className={classes.screen} hidden={screen !== 'ask'}>
        <AskScreen narrow={narrow} />
      </div>
      {screen !== 'ask' && (
        <div className={classes.screen}>
          {screen === 'models' && <InstalledScreen />}
          {screen === 'discover' && <DiscoverScreen />}
          {screen === 'downloads' && <DownloadsScreen />}
          {screen === 'compare' && <CompareScreen />}
          {screen === 'train' && <TrainScreen />}
          {screen === 'settings' && <SettingsScreen />}
        </div>
      )}
      <InstallSheet />
      <DropOverlay />
    </div>
  );
}
