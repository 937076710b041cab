import { expect, it } from 'vitest';
import { countsOf, failuresOf } from '../../../build/scripts/test/vitest.mjs';

const report = (passed: number, failed: number, skipped: number, testResults: object[] = []) =>
  ({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    testResults,
  }) as Parameters<typeof countsOf>[0];

it('counts what vitest counted', () => {
  expect(countsOf(report(3, 0, 2), 0)).toEqual({ passed: 3, failed: 0, skipped: 2 });
  expect(
    countsOf(report(3, 1, 0, [{ status: 'failed', assertionResults: [{ status: 'failed' }] }]), 1),
  ).toEqual({
    passed: 3,
    failed: 1,
    skipped: 0,
  });
});

it('counts a file that did not load as a failure', () => {
  expect(countsOf(report(3, 0, 0, [{ status: 'failed', assertionResults: [] }]), 1).failed).toBe(1);
});

it('never calls a broken or empty run a success', () => {
  expect(countsOf(null, 0).failed).toBe(1);
  expect(countsOf(report(3, 0, 0), 1).failed).toBe(1);
  expect(countsOf(report(0, 0, 0), 0).failed).toBe(1);
});

it('names what failed, and a file that did not load, with the beginning of what was said', () => {
  const told = Array.from({ length: 30 }, (_, line) => `line ${line}`).join('\n');
  const failures = failuresOf(
    report(1, 1, 0, [
      {
        name: 'a.test.ts',
        status: 'failed',
        assertionResults: [
          { fullName: 'adds', status: 'passed', failureMessages: [] },
          { fullName: 'divides', status: 'failed', failureMessages: [told] },
        ],
      },
      { name: 'b.test.ts', status: 'failed', message: 'SyntaxError: oh', assertionResults: [] },
      { name: 'c.test.ts', status: 'passed', assertionResults: [] },
    ]),
  );
  expect(failures).toEqual([
    expect.stringMatching(/^a\.test\.ts > divides\nline 0\n.*line 11$/s),
    'b.test.ts\nSyntaxError: oh',
  ]);
  expect(failuresOf(null)).toEqual([]);
});
