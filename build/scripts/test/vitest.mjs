import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { at, cache, root } from '../setup/folders.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @typedef {{ fullName: string, status: string, failureMessages: string[] }} TestReport */

/**
 * @typedef {object} VitestReport what vitest's JSON reporter writes, as far as it is read here
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ name: string, status: string, message: string, assertionResults: TestReport[] }[]} testResults
 */

/**
 * The true counts of a run. A file that could not be loaded, a run that reports success by its tests and failure by
 * its exit code, and a suite without any test each count as a failure.
 * @param {VitestReport | null} report null where none was written
 * @param {number} code vitest's exit code
 * @returns {Counts}
 */
export function countsOf(report, code) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  ).length;
  const passed = report.numPassedTests;
  const skipped = report.numPendingTests + report.numTodoTests;
  const failed = report.numFailedTests + unloaded;
  const odd = failed === 0 && (code !== 0 || passed + skipped === 0);
  return { passed, failed: odd ? 1 : failed, skipped };
}

/**
 * What failed, each with the beginning of what it said: the end of a long log is where one looks.
 * @param {VitestReport | null} report
 * @returns {string[]}
 */
export function failuresOf(report) {
  const cut = (/** @type {string} */ message) => message.split('\n').slice(0, 12).join('\n');
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && tests.length === 0) return [`${name}\n${cut(message)}`];
    return tests.map((test) => `${name} > ${test.fullName}\n${cut(test.failureMessages.join('\n'))}`);
  });
}

/**
 * Runs one suite of test/vitest.config.ts with its output shown.
 * @param {string} suite
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Counts & { failures: string[] }>}
 */
export async function runSuite(suite, env) {
  const folder = join(cache, 'reports');
  const file = join(folder, `${suite}.json`);
  mkdirSync(folder, { recursive: true });
  rmSync(file, { force: true });
  const args = ['run', '--config', 'test/vitest.config.ts', '--project', suite, '--passWithNoTests'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await new Promise((resolve) => {
    const child = spawn(process.execPath, [at('node_modules/vitest/vitest.mjs'), ...args, ...reporters], {
      cwd: root,
      env,
      stdio: 'inherit',
    });
    child.on('error', () => resolve(127));
    child.on('close', (status) => resolve(status ?? 1));
  });
  const report = readReport(file);
  return { ...countsOf(report, code), failures: failuresOf(report) };
}

/** @param {string} file @returns {VitestReport | null} */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
