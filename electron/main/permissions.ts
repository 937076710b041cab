import type { App, Session } from 'electron';
import { appScheme, mediaScheme } from '../common/channels.ts';
import { devServer, isPageUrl } from './page-url.ts';

/** Copying an answer and showing the player full screen; the page has no use for any other permission. */
const allowed: ReadonlySet<string> = new Set(['clipboard-sanitized-write', 'fullscreen']);

/** Schemes the window may load from. Everything else, the whole network included, is refused. */
const loadable: ReadonlySet<string> = new Set([
  `${appScheme}:`,
  `${mediaScheme}:`,
  'data:',
  'blob:',
  'devtools:',
]);

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, callback) => {
    callback(allowed.has(permission) && isPageUrl(contents.getURL()));
  });
  session.setPermissionCheckHandler((contents, permission) => {
    return allowed.has(permission) && contents !== null && isPageUrl(contents.getURL());
  });
  session.setDevicePermissionHandler(() => false);
}

export function denyNetwork(session: Session): void {
  const dev = devServer();
  session.webRequest.onBeforeRequest((details, callback) => {
    const url = new URL(details.url);
    const own = loadable.has(url.protocol) || (dev !== null && url.host === new URL(dev).host);
    callback({ cancel: !own });
  });
}

/** Whatever is created, ever: no navigation away from the page, no second window, no webview. */
export function denyNavigation(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}
