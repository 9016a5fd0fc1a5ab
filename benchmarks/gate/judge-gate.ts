import { InvalidInput } from '../../domain/errors.ts';
import type { DetailedReport } from '../relevance/relevance-report.ts';
import { holm } from '../statistics/holm.ts';
import { compareWithBaseline, type PairedComparison } from '../statistics/paired-comparison.ts';

/** One thing that the gate asks, and how it came out. */
export interface GateCheck {
  readonly name: string;
  readonly isPassed: boolean;
  /** What was seen and what was wanted, in a sentence. */
  readonly detail: string;
}

export interface GateReport {
  readonly isPassed: boolean;
  readonly metric: string;
  readonly checks: readonly GateCheck[];
}

/** CPU time a query may be so many times the baseline's. */
export const allowedCpuGrowth = 1.1;

/**
 * Holds a relevance report against an earlier one, configuration by configuration: fails where a metric is significantly
 * lower on the same queries (randomisation test, Holm over the configurations, 5 %) or CPU time a query grew by more than
 * 10 %. A configuration that is gone fails; a new one is not held against anything.
 * @throws {InvalidInput} where the two are not of the same queries and judgements, on the same engine
 */
export function judgeGate(current: DetailedReport, baseline: DetailedReport, metric: string): GateReport {
  requireSame(current, baseline);
  const pairs = baseline.perQuery.flatMap((before) => {
    const after = current.perQuery.find(({ name }) => name === before.name);
    return after === undefined ? [] : [{ name: before.name, before, after }];
  });
  const compared = pairs.map(({ before, after }): PairedComparison => {
    const later = new Map(after.queries.map(({ queryId, metrics }) => [queryId, metrics]));
    const values = before.queries.map(({ queryId, metrics }) => ({
      before: metricOf(metrics, metric),
      after: metricOf(later.get(queryId)!, metric),
    }));
    return compareWithBaseline(
      values.map((value) => value.before),
      [values.map((value) => value.after)],
    )[0]!;
  });
  const adjusted = holm(compared.map(({ pValue }) => pValue));
  const checks = pairs.flatMap(({ name }, at): GateCheck[] => [
    qualityCheck(name, metric, compared[at]!, adjusted[at]!),
    cpuCheck(name, current, baseline),
  ]);
  for (const { name } of baseline.perQuery) {
    if (pairs.every((pair) => pair.name !== name)) {
      checks.push({
        name: `${name}: is measured`,
        isPassed: false,
        detail: `"${name}" is in the baseline only`,
      });
    }
  }
  return { isPassed: checks.every(({ isPassed }) => isPassed), metric, checks };
}

function requireSame(current: DetailedReport, baseline: DetailedReport): void {
  const idsOf = ({ perQuery }: DetailedReport) => (perQuery[0]?.queries ?? []).map(({ queryId }) => queryId);
  const [now, then] = [idsOf(current), idsOf(baseline)];
  const different =
    current.engine !== baseline.engine
      ? `engines: ${current.engine} and ${baseline.engine}`
      : current.corpus.hash !== baseline.corpus.hash
        ? 'corpora'
        : [...now].sort().join('\n') !== [...then].sort().join('\n')
          ? 'queries'
          : areJudgedOtherwise(current, baseline)
            ? 'judgements'
            : undefined;
  if (different !== undefined) {
    throw new InvalidInput('--baseline', `Cannot compare with the baseline: it is of different ${different}`);
  }
}

/** Reports of before it was kept do not tell. */
function areJudgedOtherwise({ corpus: now }: DetailedReport, { corpus: then }: DetailedReport): boolean {
  const hashes: readonly (string | undefined)[] = [now.judgedHash, then.judgedHash];
  return hashes.every((hash) => hash !== undefined) && hashes[0] !== hashes[1];
}

function qualityCheck(name: string, metric: string, comparison: PairedComparison, pValue: number): GateCheck {
  const { difference, interval } = comparison;
  const isWorse = difference < 0 && pValue < 0.05;
  return {
    name: `${name}: ${metric} does not fall`,
    isPassed: !isWorse,
    detail: `${metric} changed by ${difference.toFixed(4)} [${interval.map((end) => end.toFixed(4)).join(', ')}], p ${pValue.toFixed(4)} (Holm), wanted no significant fall`,
  };
}

function cpuCheck(name: string, current: DetailedReport, baseline: DetailedReport): GateCheck {
  const cpuOf = ({ configurations }: DetailedReport) =>
    configurations.find((configuration) => configuration.name === name)!.cost.cpuMsPerQuery;
  const [now, then] = [cpuOf(current), cpuOf(baseline)];
  return {
    name: `${name}: CPU time does not grow`,
    isPassed: now <= then * allowedCpuGrowth,
    detail: `${now.toFixed(2)} CPU ms a query, was ${then.toFixed(2)}, wanted at most ${(then * allowedCpuGrowth).toFixed(2)}`,
  };
}

function metricOf(metrics: Readonly<Record<string, number>>, metric: string): number {
  const value = metrics[metric];
  if (value === undefined) {
    throw new InvalidInput('--metric', `Expected both reports to have ${metric}`);
  }
  return value;
}
