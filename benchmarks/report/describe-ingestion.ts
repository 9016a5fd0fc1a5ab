import type { IngestionReport, IngestionSeries } from '../ingestion/ingestion-report.ts';
import type { Block } from './report-parts.ts';

/** How fast, beside bare bulk, in one sentence. */
export function ingestionVerdict({ engine, givenVectors, memory }: IngestionReport): string {
  const { braid, ratio } = givenVectors;
  return `On ${engine} Braid writes ${braid.chunksPerSecond.toFixed(0)} chunks a second with vectors given, ${(ratio * 100).toFixed(0)} % of bare bulk, and memory ${memory.isFlat ? 'stays flat' : `grows by ${memory.growth.toFixed(0)} MiB`}.`;
}

/** Rates, stages and memory. */
export function describeIngestion(report: IngestionReport): Block[] {
  const row = (series: IngestionSeries) => [
    series.name,
    String(series.documents),
    String(series.chunks),
    series.seconds.toFixed(1),
    series.documentsPerSecond.toFixed(0),
    series.chunksPerSecond.toFixed(0),
  ];
  const { braid, bare } = report.givenVectors;
  return [
    { kind: 'heading', text: `Ingestion into ${report.engine}` },
    { kind: 'text', text: ingestionVerdict(report) },
    {
      kind: 'table',
      columns: ['', 'documents', 'chunks', 'seconds', 'documents/s', 'chunks/s'],
      rows: [braid, bare, report.pipeline].map(row),
    },
    {
      kind: 'table',
      columns: ['stage of the pipeline', 'seconds, summed'],
      rows: Object.entries(report.pipeline.stages).map(([stage, seconds]) => [stage, seconds.toFixed(2)]),
    },
    {
      kind: 'text',
      text: `Resident memory: ${report.memory.peak.toFixed(0)} MiB at most, ${report.memory.growth.toFixed(0)} MiB more in the last quarter than in the second.`,
    },
  ];
}
