// npm test: sets up what the tests need, runs every check and suite, ends with one line of true counts.
// `node build/scripts/test.mjs unit e2e` runs the named suites only.
import { join } from 'node:path';
import { setUp } from './setup/all.mjs';
import { cache } from './setup/folders.mjs';
import { exclusively } from './setup/lock.mjs';
import { ensureNative } from './setup/native.mjs';
import { fail, SetupError, say } from './setup/say.mjs';

const known = ['check', 'unit', 'contract', 'parity', 'e2e'];
const asked = process.argv.slice(2);
const wrong = asked.find((name) => !known.includes(name));
if (wrong) fail(new SetupError(`There is no suite "${wrong}"; there are ${known.join(', ')}.`));
const suites = asked.length > 0 ? asked : known;

// A home of their own: the tests neither see nor touch the conversations of whoever runs them.
process.env.MERV_HOME ??= join(cache, 'test-home');

await setUp({ electron: false, model: true }).catch(fail);
const [{ findBrowsers }, { runChecks }, { runSuite }] = await Promise.all([
  import('./test/browsers.mjs'),
  import('./test/checks.mjs'),
  import('./test/vitest.mjs'),
]);

const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const remarks = [];
if (suites.some((suite) => ['unit', 'contract', 'parity'].includes(suite))) {
  try {
    process.env.MERV_NATIVE ??= await exclusively(ensureNative);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    remarks.push(`${error.message} The training tests are skipped.`);
  }
}
for (const suite of suites) {
  console.log(`\n— ${suite} —`);
  let counts = { passed: 0, failed: 0, skipped: 0 };
  if (suite === 'check') {
    for (const { name, passed } of await runChecks()) {
      counts[passed ? 'passed' : 'failed'] += 1;
      if (!passed) remarks.push(`failed: check ${name}`);
    }
  } else {
    const browsers = suite === 'e2e' ? await exclusively(findBrowsers) : { env: {}, lacks: [] };
    remarks.push(...browsers.lacks);
    const { failures, ...found } = await runSuite(suite, { ...process.env, ...browsers.env });
    counts = found;
    remarks.push(...failures.map((failure) => `failed: ${failure}`));
  }
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  remarks.push(`${suite}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

for (const remark of remarks) say(remark);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
