import {
  IconAdjustments,
  IconColumns2,
  IconCompass,
  IconCube,
  IconDownload,
  IconMessageQuestion,
  IconSchool,
} from '@tabler/icons-react';
import type { Screen } from '../../stores/navigation.ts';

export const screenTitles: Readonly<Record<Screen, string>> = {
  ask: 'Ask',
  models: 'Models',
  discover: 'Discover',
  downloads: 'Downloads',
  compare: 'Compare',
  train: 'Train',
  settings: 'Settings',
};

/** The stops of the rail, from the top; settings stand at its end. */
export const places = [
  { screen: 'ask', icon: IconMessageQuestion, key: '1' },
  { screen: 'models', icon: IconCube, key: '2' },
  { screen: 'discover', icon: IconCompass, key: '3' },
  { screen: 'downloads', icon: IconDownload, key: '4' },
  { screen: 'compare', icon: IconColumns2, key: '5' },
  { screen: 'train', icon: IconSchool, key: '6' },
  { screen: 'settings', icon: IconAdjustments, key: ',' },
] as const satisfies readonly { screen: Screen; icon: unknown; key: string }[];
