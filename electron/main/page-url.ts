import { app } from 'electron';
import { appOrigin } from '../common/channels.ts';

/** The dev server's address, for `npm run dev` only: an installed application ignores it. */
export function devServer(): string | null {
  const address = app.isPackaged ? undefined : process.env.MERV_DEV_SERVER;
  return address ? new URL(address).origin : null;
}

/** The address of the page that the window shows. */
export function pageUrl(): string {
  return `${devServer() ?? appOrigin}/index.html`;
}

/** Whether an address is our own page's. A custom scheme's `URL.origin` is "null", hence the comparison by text. */
export function isPageUrl(url: string): boolean {
  return url.startsWith(`${devServer() ?? appOrigin}/`);
}
