import { Button, Menu } from '@mantine/core';
import {
  IconColumns2,
  IconDots,
  IconFolderOpen,
  IconMessageQuestion,
  IconPackageExport,
  IconPencil,
  IconShieldCheck,
  IconTool,
  IconTrash,
} from '@tabler/icons-react';
import { useState } from 'react';
import type { ModelSummary } from '../../../../engine/contract/models.ts';
import { IconButton } from '../../../components/icon-button.tsx';
import { useStudio } from '../../../components/studio-context.tsx';
import { compareLimits } from '../../../stores/compare.ts';
import classes from './model-actions.module.css';
import { ModelDialogs, type OpenDialog } from './model-dialogs.tsx';

interface ModelActionsProps {
  readonly model: ModelSummary;
  /** Null until the engine has named it. */
  readonly folder: string | null;
}

/** Everything that can be done with a model: the usual thing as a button, the rest in a menu. */
export function ModelActions({ model, folder }: ModelActionsProps) {
  const { host, manager, inspector, compare, navigation } = useStudio();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const icon = { size: 16, stroke: 1.6, 'aria-hidden': true } as const;
  const compareIt = () => {
    const picked = compare.store.getState().modelIds.filter((id) => id !== model.id);
    compare.pick([model.id, ...picked].slice(0, compareLimits.most));
    navigation.go('compare');
  };
  return (
    <div className={classes.actions}>
      <Button
        size="xs"
        disabled={model.problem !== null}
        leftSection={<IconMessageQuestion {...icon} />}
        onClick={() => manager.askWith(model.id)}
      >
        Ask with it
      </Button>
      <Menu position="bottom-end" withinPortal width={210}>
        <Menu.Target>
          <IconButton label="More actions">
            <IconDots size={18} stroke={1.7} />
          </IconButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconPencil {...icon} />}
            onClick={() => setDialog({ kind: 'rename', model })}
          >
            Rename…
          </Menu.Item>
          <Menu.Item leftSection={<IconColumns2 {...icon} />} onClick={compareIt}>
            Compare…
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconShieldCheck {...icon} />} onClick={() => void inspector.verify()}>
            Verify files
          </Menu.Item>
          <Menu.Item leftSection={<IconTool {...icon} />} onClick={() => void manager.repair(model.id)}>
            Repair
          </Menu.Item>
          {host.models !== null && (
            <>
              <Menu.Divider />
              <Menu.Item
                leftSection={<IconPackageExport {...icon} />}
                disabled={model.problem !== null}
                onClick={() => void manager.export(model.id, model.name)}
              >
                Export…
              </Menu.Item>
              <Menu.Item
                leftSection={<IconFolderOpen {...icon} />}
                disabled={folder === null}
                onClick={() => folder !== null && void manager.showFolder(folder)}
              >
                Show in folder
              </Menu.Item>
            </>
          )}
          <Menu.Divider />
          <Menu.Item
            color="red"
            leftSection={<IconTrash {...icon} />}
            onClick={() => setDialog({ kind: 'delete', model })}
          >
            Delete…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ModelDialogs dialog={dialog} onClose={() => setDialog(null)} />
    </div>
  );
}
