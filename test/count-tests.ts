/** Totals of a test run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Tests that had not ended when their process did, as `file > test`; they count as failed. */
  readonly unfinished: readonly string[];
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Counts the tests of vitest's JSON report. A file that failed without a failed test (it could not be loaded, a hook
 * threw) is one failed; so is a run that ended badly with none to show, or without a report.
 */
export function countTests(report: string | undefined, exitStatus: number): TestCounts {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, unfinished: [] };
  const { testResults } = JSON.parse(report) as JsonReport;
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({ status, name: `${name} > ${fullName}` })),
  );
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const unfinished = tests.filter(({ status }) => status === 'pending').map(({ name }) => name);
  const failedTests = tests.filter(({ status }) => status === 'failed').length + unfinished.length;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' &&
      assertionResults.every((test) => test.status !== 'failed' && test.status !== 'pending'),
  ).length;
  const failed = failedTests + brokenFiles;
  return {
    passed,
    failed: failed === 0 && exitStatus !== 0 ? 1 : failed,
    skipped: tests.length - passed - failedTests,
    unfinished,
  };
}
