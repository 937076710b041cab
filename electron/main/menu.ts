import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../../engine/contract/shell.ts';

/**
 * The native menu: our commands go to the page, the rest are the system's roles. The page answers the same keys
 * itself (renderer/lib/shortcuts.ts); a key that it handled does not reach the menu.
 */
export function installMenu(run: (command: MenuCommand) => void): void {
  const item = (label: string, command: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => run(command),
    ...(accelerator && { accelerator }),
  });
  const mac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        item('&Open Video…', 'openVideo', 'CmdOrCtrl+O'),
        item('Open &Folder of Frames…', 'openFolder', 'CmdOrCtrl+Shift+O'),
        { type: 'separator' },
        item('&New Conversation', 'newConversation', 'CmdOrCtrl+N'),
        item('&Search History', 'searchHistory', 'CmdOrCtrl+F'),
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('Toggle &Sidebar', 'toggleSidebar', 'CmdOrCtrl+B'),
        item('Toggle &Theme', 'toggleTheme', 'CmdOrCtrl+Shift+L'),
        item('Sa&mpling', 'sampling', 'CmdOrCtrl+,'),
        { type: 'separator' },
        { role: 'reload' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('&Keyboard Shortcuts', 'shortcuts', 'CmdOrCtrl+/'), { role: 'about' }] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
