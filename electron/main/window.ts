import { join } from 'node:path';
import { app, BrowserWindow, screen } from 'electron';
import { pageUrl } from './page-url.ts';
import { readWindowState, writeWindowState } from './window-state.ts';

/** A page that crashes again within this time is not loaded a second time. */
const reloadIntervalMs = 10_000;

/** Opens the application's one window: sandboxed, isolated, without Node. */
export function openWindow(preload: string): BrowserWindow {
  const statePath = join(app.getPath('userData'), 'window.json');
  const displays = screen.getAllDisplays().map((display) => display.workArea);
  const state = readWindowState(statePath, displays);
  const window = new BrowserWindow({
    width: 1240,
    height: 820,
    ...(state && { x: state.x, y: state.y, width: state.width, height: state.height }),
    minWidth: 360,
    minHeight: 320,
    show: false,
    title: 'MERV Studio',
    backgroundColor: '#1a1b1e',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (state?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeWindowState(statePath, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  });
  let crashedAt = 0;
  window.webContents.on('render-process-gone', () => {
    if (Date.now() - crashedAt > reloadIntervalMs) window.webContents.reload();
    crashedAt = Date.now();
  });
  void window.loadURL(pageUrl());
  return window;
}
