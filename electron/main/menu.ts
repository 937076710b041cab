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
        item('&Search', 'searchHistory', 'CmdOrCtrl+F'),
        { type: 'separator' },
        item('Install Model from &File…', 'installFile'),
        item('Install Model from F&older…', 'installFolder'),
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('Toggle &Sidebar', 'toggleSidebar', 'CmdOrCtrl+B'),
        item('Toggle T&heme', 'toggleTheme', 'CmdOrCtrl+Shift+L'),
        item('Sa&mpling', 'sampling', 'CmdOrCtrl+E'),
        { type: 'separator' },
        item('&Ask', 'ask', 'CmdOrCtrl+1'),
        item('&Models', 'models', 'CmdOrCtrl+2'),
        item('&Discover', 'discover', 'CmdOrCtrl+3'),
        item('Do&wnloads', 'downloads', 'CmdOrCtrl+4'),
        item('&Compare', 'compare', 'CmdOrCtrl+5'),
        item('&Train', 'train', 'CmdOrCtrl+6'),
        item('S&ettings', 'settings', 'CmdOrCtrl+,'),
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
