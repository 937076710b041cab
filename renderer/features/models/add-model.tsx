import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconCompass, IconFile, IconFolder, IconPlus } from '@tabler/icons-react';
import { useStudio } from '../../components/studio-context.tsx';

/** Where another model can come from. */
export function AddModel() {
  const { host, manager, navigation } = useStudio();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          size="xs"
          leftSection={<IconPlus size={15} stroke={2} aria-hidden />}
          rightSection={<IconChevronDown size={13} stroke={2} aria-hidden />}
        >
          Add model
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconCompass size={16} stroke={1.6} aria-hidden />}
          onClick={() => navigation.go('discover')}
        >
          Discover models
        </Menu.Item>
        {host.models !== null && (
          <>
            <Menu.Item
              leftSection={<IconFile size={16} stroke={1.6} aria-hidden />}
              onClick={() => void manager.installFile()}
            >
              From a file…
            </Menu.Item>
            <Menu.Item
              leftSection={<IconFolder size={16} stroke={1.6} aria-hidden />}
              onClick={() => void manager.installFolder()}
            >
              From a folder…
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
