import { Kbd, Modal } from '@mantine/core';
import { useStore } from 'zustand';
import { isMac } from '../lib/platform.ts';
import { shortcutGroups, shownKeys } from '../lib/shortcuts.ts';
import classes from './shortcuts-sheet.module.css';
import { useStudio } from './studio-context.tsx';

/** Every key and what it does. */
export function ShortcutsSheet() {
  const { layout, host } = useStudio();
  const opened = useStore(layout.store, (state) => state.shortcuts);
  return (
    <Modal
      opened={opened}
      onClose={() => layout.showShortcuts(false)}
      title="Keyboard shortcuts"
      size={920}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.groups}>
        {shortcutGroups.map((group) => (
          <section key={group.title}>
            <h3 className={classes.title}>{group.title}</h3>
            <dl className={classes.lines}>
              {group.lines.map((line) => (
                <div key={line.label} className={classes.line}>
                  <dt>{line.label}</dt>
                  <dd className={classes.keys}>
                    {shownKeys(line.keys, isMac, host.kind === 'desktop').map((key) => (
                      <Kbd key={key} size="xs">
                        {key}
                      </Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
