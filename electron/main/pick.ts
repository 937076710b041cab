import { basename, join } from 'node:path';
import { app, type BrowserWindow, dialog, type OpenDialogOptions, type SaveDialogOptions } from 'electron';

/** What a person picks of what is there; null where the dialog was dismissed. */
export async function pickPath(window: BrowserWindow, options: OpenDialogOptions): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, options);
  return chosen.filePaths[0] ?? null;
}

/** A place for something new, proposed among the documents; null where the dialog was dismissed. */
export async function pickNewPath(
  window: BrowserWindow,
  name: string,
  options: Pick<SaveDialogOptions, 'title' | 'filters'>,
): Promise<string | null> {
  const defaultPath = join(app.getPath('documents'), basename(name));
  const chosen = await dialog.showSaveDialog(window, { ...options, defaultPath });
  return chosen.canceled || !chosen.filePath ? null : chosen.filePath;
}

export const allFiles = { name: 'All files', extensions: ['*'] };
