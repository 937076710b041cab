import { expect, it } from 'vitest';
import { countsOf } from '../../../build/scripts/test/vitest.mjs';

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
