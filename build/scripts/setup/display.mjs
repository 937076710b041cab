import { say } from './say.mjs';

/** Whether a window could be opened here. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** Chromium refuses to run as root with its sandbox. @returns {string[]} flags for Electron */
export function sandboxFlags() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return [];
  say('running as root: Chromium’s sandbox is off. Use an ordinary account for daily work.');
  return ['--no-sandbox'];
}
