import { runCommand } from '../setup/command.mjs';
import { at } from '../setup/folders.mjs';

/** @typedef {{ name: string, passed: boolean }} CheckResult */

/** @type {readonly (readonly [name: string, program: string, args: readonly string[]])[]} */
const checks = [
  ['types', at('node_modules/typescript/bin/tsc'), ['-p', '.']],
  ['style', at('node_modules/@biomejs/biome/bin/biome'), ['check', '--error-on-warnings', '.']],
  ['arrows', at('node_modules/tsx/dist/cli.mjs'), ['build/checks/main.ts']],
  ['unused code', at('node_modules/knip/bin/knip.js'), ['--no-progress']],
];

/** Runs every check, prints what each found, and says which passed. @returns {Promise<CheckResult[]>} */
export async function runChecks() {
  /** @type {CheckResult[]} */
  const results = [];
  for (const [name, program, args] of checks) {
    const { code, output } = await runCommand(process.execPath, [program, ...args]);
    if (code !== 0) console.log(output.trim());
    console.log(`check ${name}: ${code === 0 ? 'passed' : 'failed'}`);
    results.push({ name, passed: code === 0 });
  }
  return results;
}
