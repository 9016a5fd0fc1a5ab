import { escapeMarkup } from '../report/escape-markup.ts';
import type { GateReport } from './judge-gate.ts';

/** The gate as JUnit XML, a test case a check, for what shows test results. */
export function toJunit({ checks }: GateReport): string {
  const failures = checks.filter(({ isPassed }) => !isPassed).length;
  const cases = checks.map(({ name, isPassed, detail }) =>
    isPassed
      ? `    <testcase classname="bench gate" name="${escapeMarkup(name)}"><system-out>${escapeMarkup(detail)}</system-out></testcase>`
      : `    <testcase classname="bench gate" name="${escapeMarkup(name)}"><failure message="${escapeMarkup(detail)}"/></testcase>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${checks.length}" failures="${failures}">`,
    `  <testsuite name="bench gate" tests="${checks.length}" failures="${failures}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}
