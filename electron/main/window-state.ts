import { readFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import * as z from 'zod';
import { writeFileAtomic } from './write-file.ts';

const windowStateSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(360),
  height: z.number().int().min(320),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof windowStateSchema>;

/** The window's place when it was last closed; null where there is none or no display shows that place any more. */
export function readWindowState(path: string, displays: readonly Rectangle[]): WindowState | null {
  try {
    const state = windowStateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return displays.some((display) => overlaps(state, display)) ? state : null;
  } catch {
    return null;
  }
}

export function writeWindowState(path: string, state: WindowState): void {
  writeFileAtomic(path, JSON.stringify(state));
}

/** At least 100 × 50 px in common, enough to grab the window by its title. */
function overlaps(a: Rectangle, b: Rectangle): boolean {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return across >= 100 && down >= 50;
}
