import type { Breakdown } from '../../domain/search.ts';
import type { GradedHit, WorstQuery } from '../relevance/compare-runs.ts';
import type { DetailedReport } from '../relevance/relevance-report.ts';
import { differenceChart, paretoChart } from './charts.ts';
import { renderChart } from './render-chart.ts';
import { type Block, milliseconds, signed, withInterval } from './report-parts.ts';

/** The verdict of a relevance report in one sentence. */
export function relevanceVerdict({ comparisons, configurations, dataset, engine }: DetailedReport): string {
  const [first] = configurations;
  const metric = comparisons[0]?.metric ?? 'ndcg@10';
  const baseline = configurations.find(({ name }) => name === comparisons[0]?.baseline) ?? first!;
  const where = `On ${dataset} (${engine}) ${baseline.name} has ${metric} ${withInterval(baseline.metrics[metric] ?? 0, baseline.intervals[metric] ?? [0, 0])}`;
  const proven = comparisons.filter(({ adjustedPValue }) => adjustedPValue < 0.05);
  const named = (better: boolean) =>
    proven.filter(({ difference }) => difference > 0 === better).map(({ name }) => name);
  const [better, worse] = [named(true), named(false)];
  if (comparisons.length === 0) return `${where}.`;
  if (proven.length === 0) return `${where}; no other configuration is shown to differ from it.`;
  return `${where}; ${[
    ...(better.length > 0 ? [`better: ${better.join(', ')}`] : []),
    ...(worse.length > 0 ? [`worse: ${worse.join(', ')}`] : []),
  ].join('; ')}.`;
}

/** Configurations, comparisons, plots and the worst queries of one relevance report. */
export async function describeRelevance(report: DetailedReport): Promise<Block[]> {
  const metric = report.comparisons[0]?.metric ?? Object.keys(report.configurations[0]?.metrics ?? {})[0]!;
  const names = Object.keys(report.configurations[0]?.metrics ?? {});
  const charts = await Promise.all(
    report.comparisons.map(
      async (comparison): Promise<Block> => ({
        kind: 'chart',
        title: `Each query: ${comparison.name} against ${comparison.baseline}`,
        svg: await renderChart(differenceChart(comparison)),
      }),
    ),
  );
  return [
    { kind: 'heading', text: `Relevance: ${report.dataset} on ${report.engine}, ${report.queries} queries` },
    { kind: 'text', text: relevanceVerdict(report) },
    {
      kind: 'table',
      columns: ['configuration', ...names, 'p50 ms', 'p95 ms', 'CPU ms'],
      rows: report.configurations.map(({ name, metrics, intervals, cost }) => [
        name,
        ...names.map((key) => withInterval(metrics[key]!, intervals[key]!, '\n')),
        milliseconds(cost.p50),
        milliseconds(cost.p95),
        milliseconds(cost.cpuMsPerQuery),
      ]),
    },
    {
      kind: 'text',
      text: 'Means with 95 % bootstrap intervals. Milliseconds and CPU are of these searches at the depth of the run, two at a time: to compare by, not a load test.',
    },
    ...(report.comparisons.length === 0
      ? []
      : [
          {
            kind: 'table',
            columns: [
              `against ${report.comparisons[0]!.baseline}`,
              metric,
              '95 %',
              'p',
              'p (Holm)',
              'won',
              'tied',
              'lost',
            ],
            rows: report.comparisons.map((comparison) => [
              comparison.name,
              signed(comparison.difference),
              `${signed(comparison.interval[0])} to ${signed(comparison.interval[1])}`,
              comparison.pValue.toFixed(4),
              comparison.adjustedPValue.toFixed(4),
              String(comparison.wins),
              String(comparison.ties),
              String(comparison.losses),
            ]),
          } as const,
        ]),
    {
      kind: 'chart',
      title: `Quality against p95 (${metric}, 95 % interval)`,
      svg: await renderChart(paretoChart(report, metric)),
    },
    ...charts,
    ...report.comparisons.flatMap(({ name, baseline, worst }): Block[] =>
      worst.length === 0
        ? []
        : [
            {
              kind: 'fold',
              title: `The ${worst.length} worst queries of ${name} against ${baseline}`,
              blocks: worst.flatMap((query) => describeWorst(query, name, baseline)),
            },
          ],
    ),
    ...(report.notes.length === 0 ? [] : [{ kind: 'list', items: report.notes } as const]),
  ];
}

function describeWorst(query: WorstQuery, name: string, baseline: string): Block[] {
  return [
    {
      kind: 'text',
      text: `${query.queryId}: ${query.text} (${query.baselineValue.toFixed(3)} → ${query.value.toFixed(3)})`,
    },
    {
      kind: 'columns',
      left: [hitTable(baseline, query.baselineHits)],
      right: [hitTable(name, query.hits)],
    },
  ];
}

function hitTable(name: string, hits: readonly GradedHit[]): Block {
  return {
    kind: 'table',
    columns: [name, 'grade', 'score', 'lexical', 'dense'],
    rows: hits.map(({ documentId, title, grade, score, breakdown }, at) => [
      `${at + 1}. ${title === undefined ? documentId : `${title} (${documentId})`}`,
      grade === undefined ? 'not judged' : String(grade),
      score.toFixed(4),
      leg(breakdown?.lexical),
      leg(breakdown?.dense),
    ]),
  };
}

function leg(contribution: Breakdown['lexical']): string {
  if (contribution === undefined) return '';
  const { rank, score, normalized, contribution: added } = contribution;
  return `${rank === null ? 'not found' : `#${rank}`}${score === null ? '' : ` ${score.toFixed(3)}`} → ${normalized.toFixed(3)}, adds ${added.toFixed(3)}`;
}
