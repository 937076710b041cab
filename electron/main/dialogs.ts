import type { BrowserWindow } from 'electron';
import { allFiles, pickNewPath, pickPath } from './pick.ts';
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

export function chooseVideo(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Open a video',
    properties: ['openFile'],
    filters: [{ name: 'Videos and pictures', extensions: [...media, ...pictures] }, allFiles],
  });
}

export function chooseFolder(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Open a folder of frames',
    properties: ['openDirectory'],
  });
}

/** False where the user dismissed the dialog. Throws ShellError where the place cannot be written. */
export async function saveText(window: BrowserWindow, fileName: string, text: string): Promise<boolean> {
  const filePath = await pickNewPath(window, fileName, { title: 'Save' });
  if (filePath === null) return false;
  try {
    writeFileAtomic(filePath, text);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShellError(`${filePath} could not be written (${why}). Choose another folder.`);
  }
}
