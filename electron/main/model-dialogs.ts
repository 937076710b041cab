import { basename, join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';

/** Extension of an exported model, which is one file. */
const exported = 'mervmodel';

export async function chooseModelFile(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Install a model from a file',
    properties: ['openFile'],
    filters: [
      { name: 'Models', extensions: ['gguf', exported, 'pt', 'safetensors', 'onnx', 'json'] },
      { name: 'All files', extensions: ['*'] },
    ],
  });
  return chosen.filePaths[0] ?? null;
}

export async function chooseModelFolder(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Install a model from a folder',
    properties: ['openDirectory'],
  });
  return chosen.filePaths[0] ?? null;
}

export async function chooseExportPath(window: BrowserWindow, fileName: string): Promise<string | null> {
  const chosen = await dialog.showSaveDialog(window, {
    title: 'Export the model',
    defaultPath: join(app.getPath('documents'), basename(fileName)),
    filters: [{ name: 'Exported model', extensions: [exported] }],
  });
  return chosen.canceled || !chosen.filePath ? null : chosen.filePath;
}

export async function chooseModelsFolder(window: BrowserWindow): Promise<string | null> {
  const chosen = await dialog.showOpenDialog(window, {
    title: 'Move all models to an empty folder',
    properties: ['openDirectory', 'createDirectory'],
  });
  return chosen.filePaths[0] ?? null;
}
