/** Only how keys are named depends on it. */
export const isMac = /mac|iphone|ipad/i.test(navigator.platform);

/** "Ctrl N" or "⌘N", for tooltips. */
export function modKey(key: string): string {
  return isMac ? `⌘${key}` : `Ctrl ${key}`;
}
