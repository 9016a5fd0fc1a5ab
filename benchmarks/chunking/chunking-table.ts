import type { ChunkingReport, Compared } from './run-chunking-benchmark.ts';

/** The report as Markdown tables; `*` marks a mean whose difference from the baseline's excludes 0 by its interval. */
export function chunkingTable(report: ChunkingReport): string[] {
  const { configurations, documentSets } = report;
  return [
    `${report.dataset}: ${report.questions} questions, ${report.model}, hybrid searches; means with 95 % intervals, * where the difference from ${report.baseline} is beyond noise`,
    '',
    row(['chunking', 'recall@5', 'precision@5', 'IoU@5', 'recall@10', 'precision@10', 'IoU@10']),
    rule(7),
    ...configurations.map(({ name, questions: { hybrid } }) =>
      row([
        name,
        ...(['recall@5', 'precision@5', 'iou@5', 'recall@10', 'precision@10', 'iou@10'] as const).map(
          (metric) => percent(hybrid[metric]),
        ),
      ]),
    ),
    '',
    row(['chunking', 'recall in 800 tokens', 'precision Ω', 'dense: recall@5', 'dense: IoU@5']),
    rule(5),
    ...configurations.map(({ name, questions: { hybrid, dense } }) =>
      row([
        name,
        percent(hybrid['recall@800tokens']),
        percent(hybrid.precisionOmega),
        percent(dense['recall@5']),
        percent(dense['iou@5']),
      ]),
    ),
    '',
    row([
      'chunking',
      'chunks',
      'tokens a chunk',
      'texts for breakpoints',
      'index MB',
      'embedding s',
      'other s',
    ]),
    rule(7),
    ...configurations.map(({ name, index }) =>
      row([
        name,
        String(index.chunks),
        index.tokensPerChunk.toFixed(0),
        String(index.breakpointTexts),
        (index.indexBytes / 1_000_000).toFixed(1),
        index.seconds.embedding.toFixed(0),
        index.seconds.other.toFixed(0),
      ]),
    ),
    ...(documentSets.length === 0 ? [] : documentTable(report)),
  ];
}

function documentTable({ configurations, documentSets }: ChunkingReport): string[] {
  return [
    '',
    row([
      'chunking',
      ...documentSets.flatMap(({ name, documents, queries }) => [
        `${name} nDCG@10 (${documents} documents, ${queries} queries)`,
        `${name} chunks a document`,
      ]),
    ]),
    rule(1 + documentSets.length * 2),
    ...configurations.map(({ name, documents }) =>
      row([
        name,
        ...documents.flatMap((one) => [percent(one['ndcg@10']), one.index.chunksPerDocument.toFixed(2)]),
      ]),
    ),
  ];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function rule(columns: number): string {
  return row(Array.from({ length: columns }, () => '---'));
}

/** `45.2 (42.0–48.4)*`, in percent. */
function percent({ mean, interval: [low, high], difference }: Compared): string {
  const [least, most] = difference.interval;
  const isBeyondNoise = least > 0 || most < 0;
  const [middle, from, to] = [mean, low, high].map((value) => (value * 100).toFixed(1));
  return `${middle} (${from}–${to})${isBeyondNoise ? '*' : ''}`;
}
