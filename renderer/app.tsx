import '@mantine/core/styles.css';
import './components/global.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notices } from './components/notices.tsx';
import { ShortcutsSheet } from './components/shortcuts-sheet.tsx';
import { StudioProvider } from './components/studio-context.tsx';
import { Shell } from './features/shell/shell.tsx';
import { cssVariables, theme } from './lib/theme.ts';
import type { Studio } from './stores/studio.ts';

const colorScheme = localStorageColorSchemeManager({ key: 'merv.theme' });

export function App({ studio }: { readonly studio: Studio }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorScheme}
    >
      <StudioProvider studio={studio}>
        <Shell />
        <ShortcutsSheet />
        <Notices />
      </StudioProvider>
    </MantineProvider>
  );
}
