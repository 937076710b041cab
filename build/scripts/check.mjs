// npm run check: types, style, folder arrows, unused code. Each is one line of the result.
import { runChecks } from './test/checks.mjs';

const failed = (await runChecks()).filter(({ passed }) => !passed);
process.exit(failed.length === 0 ? 0 : 1);
