import { basename, join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';

export async function chooseDataFile(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Choose a data set',
    properties: ['openFile'],
    filters: [
      { name: 'Data sets', extensions: ['json'] },
      { name: 'All files', extensions: ['*'] },
    ],
  });
  return chosen.filePaths[0] ?? null;
}

export async function chooseMediaFolder(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Choose the folder of the videos and images',
    properties: ['openDirectory'],
  });
  return chosen.filePaths[0] ?? null;
}

/** A folder that is made by whoever writes to it. */
export async function chooseRunExport(window: BrowserWindow, name: string): Promise<string | null> {
  const chosen = await dialog.showSaveDialog(window, {
    title: 'Export to a new folder',
    defaultPath: join(app.getPath('documents'), basename(name)),
  });
  return chosen.canceled || !chosen.filePath ? null : chosen.filePath;
}
