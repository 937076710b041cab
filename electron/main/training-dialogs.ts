import type { BrowserWindow } from 'electron';
import { allFiles, pickNewPath, pickPath } from './pick.ts';

export function chooseDataFile(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Choose a data set',
    properties: ['openFile'],
    filters: [{ name: 'Data sets', extensions: ['json'] }, allFiles],
  });
}

export function chooseMediaFolder(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Choose the folder of the videos and images',
    properties: ['openDirectory'],
  });
}

/** A folder that is made by whoever writes to it. */
export function chooseRunExport(window: BrowserWindow, name: string): Promise<string | null> {
  return pickNewPath(window, name, { title: 'Export to a new folder' });
}
