import { Button, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useStudio } from '../../components/studio-context.tsx';
import { Setting, SettingsPage } from './setting.tsx';

/** How the window looks. */
export function AppearancePanel() {
  const { layout } = useStudio();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SettingsPage>
      <Setting title="Theme">
        <SegmentedControl
          aria-label="Theme"
          fullWidth
          data={[
            { value: 'auto', label: 'System' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as typeof colorScheme)}
        />
      </Setting>
      <Setting title="Keyboard" help="Everything can be done by keys.">
        <Button variant="default" onClick={() => layout.showShortcuts(true)}>
          Show the shortcuts
        </Button>
      </Setting>
    </SettingsPage>
  );
}
