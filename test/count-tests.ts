/** Totals of a test run. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface JsonReport {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Counts the tests of vitest's JSON report. A file that failed without a failed test (it could not be loaded, a hook
 * threw) is one failed; so is a run that ended badly with none to show, or without a report.
 */
export function countTests(report: string | undefined, exitStatus: number): TestCounts {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const { testResults } = JSON.parse(report) as JsonReport;
  const statuses = testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ status }) => status),
  );
  const passed = statuses.filter((status) => status === 'passed').length;
  const failedTests = statuses.filter((status) => status === 'failed').length;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const failed = failedTests + brokenFiles;
  return {
    passed,
    failed: failed === 0 && exitStatus !== 0 ? 1 : failed,
    skipped: statuses.length - passed - failedTests,
  };
}
