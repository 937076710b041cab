import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { BrowserWindow, MessageChannelMain, shell, type WebContents } from 'electron';
import * as z from 'zod';
import { channels } from '../common/channels.ts';
import { chooseFolder, chooseVideo, saveText } from './dialogs.ts';
import type { EngineSupervisor } from './engine-supervisor.ts';
import { handle } from './ipc.ts';
import { ShellError } from './shell-error.ts';

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
  handle(channels.takeOpenPath, none, () => granted(takeOpenPath()));
}
