import type { BrowserWindow } from 'electron';
import { allFiles, pickNewPath, pickPath } from './pick.ts';

/** Extension of an exported model, which is one file. */
const exported = 'mervmodel';

export function chooseModelFile(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Install a model from a file',
    properties: ['openFile'],
    filters: [
      { name: 'Models', extensions: ['gguf', exported, 'pt', 'safetensors', 'onnx', 'json'] },
      allFiles,
    ],
  });
}

export function chooseModelFolder(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Install a model from a folder',
    properties: ['openDirectory'],
  });
}

export function chooseExportPath(window: BrowserWindow, fileName: string): Promise<string | null> {
  const filters = [{ name: 'Exported model', extensions: [exported] }];
  return pickNewPath(window, fileName, { title: 'Export the model', filters });
}

export function chooseModelsFolder(window: BrowserWindow): Promise<string | null> {
  return pickPath(window, {
    title: 'Move all models to an empty folder',
    properties: ['openDirectory', 'createDirectory'],
  });
}
