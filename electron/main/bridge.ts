import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { BrowserWindow, MessageChannelMain, shell, type WebContents } from 'electron';
import * as z from 'zod';
import { channels } from '../common/channels.ts';
import { chooseFolder, chooseVideo, saveText } from './dialogs.ts';
import type { EngineSupervisor } from './engine-supervisor.ts';
import { handle } from './ipc.ts';
import { chooseExportPath, chooseModelFile, chooseModelFolder, chooseModelsFolder } from './model-dialogs.ts';
import { ShellError } from './shell-error.ts';
import { chooseDataFile, chooseMediaFolder, chooseRunExport } from './training-dialogs.ts';

interface BridgeOptions {
  readonly engine: EngineSupervisor;
  readonly samplePath: string;
  readonly media: ReadonlyMap<string, string>;
  /** The file the application was started with, once. */
  readonly takeOpenPath: () => string | null;
}

const none = z.tuple([]);

function windowOf(sender: WebContents): BrowserWindow {
  const window = BrowserWindow.fromWebContents(sender);
  if (!window) throw new ShellError('The window was closed.');
  return window;
}

/** Answers everything the preload script can ask; one entry a function of the page's bridge. */
export function installBridge({ engine, samplePath, media, takeOpenPath }: BridgeOptions): void {
  const granted = async (path: string | null): Promise<string | null> => {
    if (path !== null) await engine.grant(path);
    return path;
  };
  handle(channels.connectEngine, none, async (sender) => {
    const { port1, port2 } = new MessageChannelMain();
    await engine.connect(port1);
    sender.postMessage(channels.enginePort, null, [port2]);
  });
  handle(channels.readEngineState, none, () => engine.state());
  handle(channels.restartEngine, none, () => engine.restart());
  handle(channels.chooseVideo, none, async (sender) => granted(await chooseVideo(windowOf(sender))));
  handle(channels.chooseFolder, none, async (sender) => granted(await chooseFolder(windowOf(sender))));
  handle(channels.grantDropped, z.tuple([z.string().max(32_768)]), async (_sender, path) => {
    if (!isAbsolute(path) || !existsSync(path))
      throw new ShellError('What was dropped is no file on this machine.');
    await engine.grant(path);
    return path;
  });
  handle(channels.openSample, none, async () => {
    if (!existsSync(samplePath)) throw new ShellError(`The sample clip ${samplePath} is missing.`);
    await engine.grant(samplePath);
    return samplePath;
  });
  handle(channels.saveText, z.tuple([z.string().min(1).max(255), z.string()]), (sender, fileName, text) =>
    saveText(windowOf(sender), fileName, text),
  );
  handle(channels.showInFolder, z.tuple([z.string()]), (_sender, videoId) => {
    const path = media.get(videoId);
    if (path === undefined) throw new ShellError('This video is not open.');
    shell.showItemInFolder(path);
  });
  handle(channels.chooseModelFile, none, async (sender) => granted(await chooseModelFile(windowOf(sender))));
  handle(channels.chooseModelFolder, none, async (sender) =>
    granted(await chooseModelFolder(windowOf(sender))),
  );
  handle(channels.chooseExportPath, z.tuple([z.string().min(1).max(255)]), async (sender, fileName) =>
    granted(await chooseExportPath(windowOf(sender), fileName)),
  );
  handle(channels.chooseModelsFolder, none, async (sender) =>
    granted(await chooseModelsFolder(windowOf(sender))),
  );
  handle(channels.chooseDataFile, none, async (sender) => granted(await chooseDataFile(windowOf(sender))));
  handle(channels.chooseMediaFolder, none, async (sender) =>
    granted(await chooseMediaFolder(windowOf(sender))),
  );
  handle(channels.chooseRunExport, z.tuple([z.string().min(1).max(255)]), async (sender, name) =>
    granted(await chooseRunExport(windowOf(sender), name)),
  );
  handle(channels.showModelFolder, z.tuple([z.string().max(32_768)]), (_sender, folder) => {
    // Only what is a model: the page names no other place of the machine.
    const bundle = join(folder, 'bundle.json');
    if (!isAbsolute(folder) || !existsSync(bundle))
      throw new ShellError('This model’s folder is not there any more.');
    shell.showItemInFolder(bundle);
  });
  handle(channels.openLink, z.tuple([z.url({ protocol: /^https$/ }).max(2_048)]), (_sender, url) =>
    shell.openExternal(url),
  );
  handle(channels.takeOpenPath, none, () => granted(takeOpenPath()));
}
