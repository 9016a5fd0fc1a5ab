import { describe, expect, it } from 'vitest';
import { countTests } from './count-tests.ts';

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((test, place) => ({ status: test, fullName: `test ${place}` })),
});
const report = (...testResults: object[]) => JSON.stringify({ testResults });

describe('countTests', () => {
  it('counts each test of each file by its status', () => {
    const text = report(file('passed', 'passed', 'skipped', 'todo'), file('failed', 'failed', 'passed'));
    expect(countTests(text, 1)).toEqual({ passed: 2, failed: 1, skipped: 2, unfinished: [] });
  });

  it('counts a file that could not be loaded as failed', () => {
    expect(countTests(report(file('failed'), file('passed', 'passed')), 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
      unfinished: [],
    });
  });

  it('counts a test whose process ended before it as failed, and names it', () => {
    expect(countTests(report(file('failed', 'passed', 'pending'), file('passed', 'passed')), 1)).toEqual({
      passed: 2,
      failed: 1,
      skipped: 0,
      unfinished: ['a.test.ts > test 1'],
    });
  });

  it('counts a bad end without a failed test as failed', () => {
    expect(countTests(report(file('passed', 'passed')), 1).failed).toBe(1);
  });

  it('counts a run without a report as failed', () => {
    expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0, unfinished: [] });
  });
});
