import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openedPath } from '../../../electron/main/opened-path.ts';
import { readWindowState, writeWindowState } from '../../../electron/main/window-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'merv-opening-'));
const video = join(folder, 'a b.mp4');
writeFileSync(video, '');
afterAll(() => rmSync(folder, { recursive: true }));

it('finds the file on a command line among flags and the application’s own path', () => {
  expect(openedPath(['--no-sandbox', '/', 'a b.mp4', '--x'], folder, ['/'])).toBe(video);
  expect(openedPath(['--no-sandbox', '/'], folder, ['/'])).toBeNull();
  expect(openedPath(['missing.mp4'], folder, [])).toBeNull();
});

it('remembers the window’s place, unless no display shows it any more or the file is broken', () => {
  const path = join(folder, 'state', 'window.json');
  const state = { x: 10, y: 20, width: 800, height: 600, maximized: false };
  const display = { x: 0, y: 0, width: 1920, height: 1080 };
  expect(readWindowState(path, [display])).toBeNull();
  writeWindowState(path, state);
  expect(readWindowState(path, [display])).toEqual(state);
  expect(readWindowState(path, [{ ...display, x: 5000 }])).toBeNull();
  writeFileSync(path, '{"x":');
  expect(readWindowState(path, [display])).toBeNull();
});
