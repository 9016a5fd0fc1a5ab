import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeIngestion, ingestionVerdict } from './describe-ingestion.ts';
import { describeLatency } from './describe-latency.ts';
import { describeRelevance, relevanceVerdict } from './describe-relevance.ts';
import { describeTuning } from './describe-tuning.ts';
import type { BenchmarkReport, Block } from './report-parts.ts';
import { toHtml } from './to-html.ts';
import { toMarkdown } from './to-markdown.ts';

/** Files of a written report. */
export interface WrittenReport {
  readonly verdict: string;
  readonly html: string;
  readonly markdown: string;
  readonly json: string;
}

/** Writes `report.html`, `report.md` and `report.json` of one or more benchmarks' reports into a folder. */
export async function writeReport(
  folder: string,
  reports: readonly BenchmarkReport[],
  title = 'Braid benchmarks',
): Promise<WrittenReport> {
  const blocks: Block[] = [];
  for (const report of reports) blocks.push(...(await describe(report)));
  const verdict = reports.map(verdictOf).join(' ');
  const files = {
    html: join(folder, 'report.html'),
    markdown: join(folder, 'report.md'),
    json: join(folder, 'report.json'),
  };
  await mkdir(folder, { recursive: true });
  const raw = { title, verdict, reports };
  await writeFile(files.html, toHtml(title, verdict, blocks, raw));
  await writeFile(files.markdown, toMarkdown(title, verdict, blocks));
  await writeFile(files.json, `${JSON.stringify(raw, null, 2)}\n`);
  return { verdict, ...files };
}

function describe(report: BenchmarkReport): Promise<Block[]> | Block[] {
  switch (report.benchmark) {
    case 'relevance':
      return describeRelevance(report);
    case 'tuning':
      return describeTuning(report);
    case 'latency':
      return describeLatency(report);
    case 'ingestion':
      return describeIngestion(report);
  }
}

function verdictOf(report: BenchmarkReport): string {
  switch (report.benchmark) {
    case 'relevance':
      return relevanceVerdict(report);
    case 'tuning':
    case 'latency':
      return report.verdict;
    case 'ingestion':
      return ingestionVerdict(report);
  }
}
