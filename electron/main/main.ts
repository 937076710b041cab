import { join } from 'node:path';
import { app, BrowserWindow, protocol, session } from 'electron';
import * as z from 'zod';
import { appScheme, channels, mediaScheme } from '../common/channels.ts';
import { serveApp } from './app-protocol.ts';
import { installBridge } from './bridge.ts';
import { spawnEngine } from './engine-process.ts';
import { superviseEngine } from './engine-supervisor.ts';
import { serveMedia } from './media-protocol.ts';
import { installMenu } from './menu.ts';
import { openedPath } from './opened-path.ts';
import { engineEnvironment, shellPaths } from './paths.ts';
import { denyNavigation, denyNetwork, denyPermissions } from './permissions.ts';
import { openWindow } from './window.ts';

const readyTimeoutMs = 60_000;
const secondStartSchema = z.object({ path: z.string().nullable() });

/** Everything after the single-instance lock was won. */
function run(firstPath: string | null): void {
  const paths = shellPaths();
  const media = new Map<string, string>();
  let pendingPath = firstPath;

  const send = (channel: string, value: unknown) => {
    for (const window of BrowserWindow.getAllWindows()) window.webContents.send(channel, value);
  };
  const engine = superviseEngine({
    spawn: () => spawnEngine(paths.engine, engineEnvironment(paths)),
    onState: (state) => send(channels.engineState, state),
    onMedia: (id, path) => media.set(id, path),
    readyTimeoutMs,
  });
  const focus = () => {
    const window = BrowserWindow.getAllWindows()[0] ?? openWindow(paths.preload);
    if (window.isMinimized()) window.restore();
    window.focus();
  };
  const openPath = async (path: string) => {
    if (BrowserWindow.getAllWindows().length === 0) {
      pendingPath = path;
      if (app.isReady()) openWindow(paths.preload);
      return;
    }
    await engine.grant(path);
    send(channels.openPath, path);
  };

  app.on('second-instance', (_event, _argv, _cwd, data) => {
    focus();
    const parsed = secondStartSchema.safeParse(data);
    if (parsed.success && parsed.data.path !== null) void openPath(parsed.data.path);
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    void openPath(path);
  });
  app.on('activate', focus);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  let engineEnded = false;
  app.on('will-quit', (event) => {
    if (engineEnded) return;
    event.preventDefault();
    engineEnded = true;
    void engine.stop().finally(() => app.quit());
  });
  denyNavigation(app);

  void app.whenReady().then(() => {
    denyPermissions(session.defaultSession);
    denyNetwork(session.defaultSession);
    serveApp(paths.page);
    serveMedia(media);
    installMenu((command) => send(channels.menu, command));
    installBridge({
      engine,
      media,
      samplePath: paths.sample,
      takeOpenPath: () => {
        const path = pendingPath;
        pendingPath = null;
        return path;
      },
    });
    engine.start();
    openWindow(paths.preload);
  });
}

protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  { scheme: mediaScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
]);

// A home of its own (tests, a second profile) is an application of its own: own window state, own instance lock.
if (process.env.MERV_HOME) app.setPath('userData', join(process.env.MERV_HOME, 'window'));

const startPath = openedPath(process.argv.slice(1), process.cwd(), [process.execPath, app.getAppPath()]);
if (app.requestSingleInstanceLock({ path: startPath })) run(startPath);
else app.quit();
