import type { Page } from 'playwright-core';

export interface View {
  readonly colorScheme: 'dark' | 'light';
  readonly width: number;
  readonly height: number;
}

export interface Camera {
  /** A page in a fresh profile. */
  readonly open: (address: string, view: View) => Promise<{ page: Page; close: () => Promise<void> }>;
  /** Into docs/screenshots. */
  readonly save: (page: Page, name: string) => Promise<void>;
}

export const wide = { colorScheme: 'dark', width: 1280, height: 820 } as const;
export const narrow = { colorScheme: 'dark', width: 420, height: 820 } as const;
