import { useMantineColorScheme } from '@mantine/core';
import { IconDeviceDesktop, IconMoon, IconSun } from '@tabler/icons-react';
import { IconButton } from '../../components/icon-button.tsx';

const schemes = {
  auto: { next: 'light', label: 'Theme: as the system', icon: IconDeviceDesktop },
  light: { next: 'dark', label: 'Theme: light', icon: IconSun },
  dark: { next: 'auto', label: 'Theme: dark', icon: IconMoon },
} as const;

/** System, light, dark, round and round. */
export function ThemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { next, label, icon: Icon } = schemes[colorScheme];
  return (
    <IconButton label={label} onClick={() => setColorScheme(next)}>
      <Icon size={18} stroke={1.6} />
    </IconButton>
  );
}
