import type { LatencyReport } from '../latency/latency-report.ts';
import { latencyChart } from './charts.ts';
import { renderChart } from './render-chart.ts';
import { type Block, milliseconds } from './report-parts.ts';

/** Latency by rate and percentile, by stage, beside the floor; recall of filtered search. */
export async function describeLatency(report: LatencyReport): Promise<Block[]> {
  const { corpus, rates, stages, alone, recall } = report;
  return [
    {
      kind: 'heading',
      text: `Latency on ${report.engine}, by ${report.over}: ${corpus.chunks} chunks, ${corpus.tenants} tenants`,
    },
    { kind: 'text', text: report.verdict },
    {
      kind: 'table',
      columns: ['rate', 'target', 'count', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'errors', 'late sends', ''],
      rows: rates.flatMap((rate) =>
        rate.series.map((series) => [
          `${rate.rate}/s`,
          series.name,
          String(series.count),
          ...[series.p50, series.p90, series.p95, series.p99, series.p999].map(milliseconds),
          String(series.errors),
          `${rate.late} of ${rate.sent}`,
          [...(rate.isRejected ? ['rejected'] : []), ...(rate.isSaturated ? ['saturated'] : [])].join(', '),
        ]),
      ),
    },
    {
      kind: 'text',
      text: `Milliseconds from the moment that a request was due, after ${report.warmUpSeconds} s of warm-up. A step with more than 1 % of its requests sent over ${report.lateMs} ms late is rejected.`,
    },
    {
      kind: 'chart',
      title: 'Latency by percentile',
      svg: await renderChart(latencyChart(report)),
    },
    {
      kind: 'table',
      columns: ['one at a time', 'p50', 'p95', 'p50 without embedding', 'CPU ms', 'of it embedding'],
      rows: (['braid', 'floor'] as const).map((name) => [
        name,
        ...[alone[name].p50, alone[name].p95, alone[name].p50WithoutEmbedding, alone[name].cpuMs].map(
          milliseconds,
        ),
        milliseconds(alone[name].embeddingCpuMs),
      ]),
    },
    {
      kind: 'text',
      text: `Without embedding Braid takes ${alone.ratio.p50.toFixed(2)} × the floor in p50${cpuOf(report)}. The floor: ${report.floor}.`,
    },
    stages.length === 0
      ? { kind: 'text', text: 'No step counts, so no stage is told apart.' }
      : {
          kind: 'table',
          columns: ['stage', 'p50', 'p95', 'mean'],
          rows: stages.map(({ stage, p50, p95, mean }) => [stage, ...[p50, p95, mean].map(milliseconds)]),
        },
    {
      kind: 'table',
      columns: ['filter lets through', 'queries', 'recall', 'worst query', 'short results'],
      rows: recall.map(({ selectivity, queries, k, recall: share, worst, short }) => [
        `${selectivity * 100} %`,
        String(queries),
        `${share.toFixed(4)} @${k}`,
        worst.toFixed(2),
        String(short),
      ]),
    },
  ];
}

/** Reports of old had a 0 where nothing was measured: over HTTP, CPU was that of the client. */
function cpuOf({ alone }: LatencyReport): string {
  const { cpu } = alone.ratio;
  return cpu === null || cpu === 0 ? '' : ` and ${cpu.toFixed(2)} × in CPU of the process that searches`;
}
