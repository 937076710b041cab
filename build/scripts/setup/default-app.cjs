// The program inside default_app.asar of the runtime that fetch-electron.mjs assembles: `electron FOLDER` starts
// the application in FOLDER. Electron's own does the same; an AppImage does not carry it.
'use strict';
const electron = require('electron');
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');

// setVersion and setAppPath are Electron's own, for exactly this program.
/** @type {Electron.App & { setVersion(version: string): void, setAppPath(path: string): void }} */
const app = /** @type {never} */ (electron.app);

const args = process.argv.slice(1);
if (args.includes('--version') || args.includes('-v')) {
  process.stdout.write(`v${process.versions.electron}\n`);
  process.exit(0);
}
const named = args.find((argument) => !argument.startsWith('-'));
if (!named) {
  process.stderr.write('usage: electron FOLDER\n');
  process.exit(1);
}
const folder = resolve(named);
const manifest = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true });
app.setVersion(manifest.version);
app.name = manifest.productName ?? manifest.name;
app.setAppPath(folder);
require(resolve(folder, manifest.main));
