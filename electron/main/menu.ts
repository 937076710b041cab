import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../../engine/contract/shell.ts';

/** The native menu: our commands go to the page, the rest are the system's roles. */
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
        item('&Search History', 'searchHistory', 'CmdOrCtrl+K'),
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
        item('Sampling Settings', 'sampling'),
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
    { role: 'help', submenu: [item('&Keyboard Shortcuts', 'shortcuts'), { role: 'about' }] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
