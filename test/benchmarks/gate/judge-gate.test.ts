import { describe, expect, test } from 'vitest';
import { judgeGate } from '../../../benchmarks/gate/judge-gate.ts';
import { toJunit } from '../../../benchmarks/gate/to-junit.ts';
import { makeReport } from '../report/detailed-report.ts';

const before = Array.from({ length: 40 }, (_, at) => 0.5 + (at % 5) / 20);
const fallen = before.map((value) => value - 0.1);
const noisy = before.map((value, at) => value + (at % 2 === 0 ? 0.05 : -0.05));

describe('judgeGate', () => {
  test('is open where nothing fell, and where what fell may be chance', () => {
    for (const values of [before, noisy]) {
      const report = judgeGate(makeReport({ hybrid: values }), makeReport({ hybrid: before }), 'ndcg@10');
      expect(report).toMatchObject({ isPassed: true, checks: [{ isPassed: true }, { isPassed: true }] });
    }
  });

  test('is shut where quality fell significantly', () => {
    const report = judgeGate(makeReport({ hybrid: fallen }), makeReport({ hybrid: before }), 'ndcg@10');
    expect(report.isPassed).toBe(false);
    expect(report.checks[0]).toMatchObject({ name: 'hybrid: ndcg@10 does not fall', isPassed: false });
    expect(report.checks[0]!.detail).toContain('changed by -0.1000');
  });

  test('is shut where CPU time a query grew by more than 10 %, and open at 10 %', () => {
    const [same, more] = [11, 11.01].map((cpuMs) =>
      judgeGate(makeReport({ hybrid: before }, { cpuMs }), makeReport({ hybrid: before }), 'ndcg@10'),
    );
    expect(same!.isPassed).toBe(true);
    expect(more!.isPassed).toBe(false);
    expect(more!.checks[1]!.detail).toBe('11.01 CPU ms a query, was 10.00, wanted at most 11.00');
  });

  test('is shut where a configuration of the baseline is gone', () => {
    const report = judgeGate(
      makeReport({ hybrid: before }),
      makeReport({ hybrid: before, old: before }),
      'ndcg@10',
    );
    expect(report.checks.at(-1)).toMatchObject({ name: 'old: is measured', isPassed: false });
  });

  test('refuses to compare what is of other queries, judgements, engines or corpora', () => {
    const baseline = makeReport({ hybrid: before });
    expect(() => judgeGate(makeReport({ hybrid: before.slice(1) }), baseline, 'ndcg@10')).toThrow(
      'different queries',
    );
    expect(() =>
      judgeGate(makeReport({ hybrid: before }, { engine: 'opensearch' }), baseline, 'ndcg@10'),
    ).toThrow('different engines');
    const judged = (judgedHash: string) =>
      makeReport({ hybrid: before }, { corpus: { documents: 3, hash: 'hash', judgedHash } });
    expect(() => judgeGate(judged('one'), judged('other'), 'ndcg@10')).toThrow('different judgements');
    expect(judgeGate(judged('one'), judged('one'), 'ndcg@10').isPassed).toBe(true);
    expect(judgeGate(judged('one'), baseline, 'ndcg@10').isPassed).toBe(true);
    expect(() => judgeGate(makeReport({ hybrid: before }), baseline, 'mrr')).toThrow('to have mrr');
  });
});

test('toJunit writes a test case a check, with what was seen where it failed', () => {
  const xml = toJunit({
    isPassed: false,
    metric: 'ndcg@10',
    checks: [
      { name: 'a "good" one', isPassed: true, detail: 'fine' },
      { name: 'b', isPassed: false, detail: '1 < 2 & 3' },
    ],
  });
  expect(xml).toContain('<testsuite name="bench gate" tests="2" failures="1">');
  expect(xml).toContain('name="a &quot;good&quot; one"');
  expect(xml).toContain('<failure message="1 &lt; 2 &amp; 3"/>');
});
