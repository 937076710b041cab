import { basename, join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';
import { ShellError } from './shell-error.ts';
import { writeFileAtomic } from './write-file.ts';

const media = [
  'mp4',
  'm4v',
  'mov',
  'mkv',
  'webm',
  'avi',
  'wmv',
  'flv',
  'mpg',
  'mpeg',
  'ts',
  'mts',
  '3gp',
  'ogv',
];
const pictures = ['gif', 'png', 'jpg', 'jpeg', 'webp', 'bmp', 'tif', 'tiff'];

export async function chooseVideo(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Open a video',
    properties: ['openFile'],
    filters: [
      { name: 'Videos and pictures', extensions: [...media, ...pictures] },
      { name: 'All files', extensions: ['*'] },
    ],
  });
  return chosen.filePaths[0] ?? null;
}

export async function chooseFolder(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Open a folder of frames',
    properties: ['openDirectory'],
  });
  return chosen.filePaths[0] ?? null;
}

/** False where the user dismissed the dialog. Throws ShellError where the place cannot be written. */
export async function saveText(window: BrowserWindow, fileName: string, text: string): Promise<boolean> {
  const defaultPath = join(app.getPath('documents'), basename(fileName));
  const { canceled, filePath } = await dialog.showSaveDialog(window, { title: 'Save', defaultPath });
  if (canceled || !filePath) return false;
  try {
    writeFileAtomic(filePath, text);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShellError(`${filePath} could not be written (${why}). Choose another folder.`);
  }
}
