import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BenchmarkSettings, MeasuredBraid } from '../../../benchmarks/relevance/benchmark-index.ts';
import {
  type RelevanceOptions,
  type RelevanceProgress,
  runRelevanceBenchmark,
} from '../../../benchmarks/relevance/run-relevance-benchmark.ts';
import type { Document } from '../../../domain/document.ts';
import type { DocumentRecord } from '../../../domain/document-record.ts';
import { InvalidInput } from '../../../domain/errors.ts';
import type { IngestReport } from '../../../domain/ingest.ts';
import type { Hit, ResolvedSearchRequest, SearchRequest, SearchResponse } from '../../../domain/search.ts';
import { createScopeMaker } from '../../../identity/scope.ts';
import { makeDatasetFolder, smallDataset } from './dataset-folder.ts';

/**
 * A Braid that finds the documents of a fixed ranking by query and records what it was asked; it takes in what the
 * source hands over and refuses documents without text.
 */
function openFixedBraid(
  rankings: Readonly<Record<string, readonly string[]>>,
  degraded: SearchResponse['degraded'] = [],
  indexed: readonly string[] = [],
  score = 0.5,
) {
  const seen = {
    overrides: [] as Partial<BenchmarkSettings>[],
    documents: [] as Document[],
    requests: [] as SearchRequest[],
    /** What was done, in order. */
    steps: [] as string[],
    closed: 0,
  };
  const open = async (overrides: Partial<BenchmarkSettings>): Promise<MeasuredBraid> => {
    seen.overrides.push(overrides);
    return {
      scopes: createScopeMaker({ accessRequired: () => false }),
      close: async () => {
        seen.closed += 1;
      },
      documents: {
        refresh: async () => {
          seen.steps.push('refresh');
        },
        list: async () => ({
          records: indexed.map((documentId) => ({ documentId }) as DocumentRecord),
        }),
      },
      pipeline: {
        async ingest(_scope, source, options): Promise<IngestReport> {
          seen.steps.push('ingest');
          const refusals: { name: string; reason: 'empty'; message: string }[] = [];
          for await (const item of source.items()) {
            const document = await item.load();
            if (document.content === '')
              refusals.push({ name: item.name, reason: 'empty', message: 'no text' });
            else seen.documents.push(document);
            options?.onProgress?.({
              seen: seen.documents.length,
              done: seen.documents.length + refusals.length,
              chunks: 0,
              name: item.name,
            });
          }
          return {
            documents: {
              seen: seen.documents.length + refusals.length,
              indexed: seen.documents.length,
              unchanged: 0,
              stale: 0,
              removed: 0,
              refused: { empty: refusals.length },
            },
            refusals,
            omissions: [],
            withheld: [],
            chunks: seen.documents.length,
            embedded: seen.documents.length,
            truncated: 0,
            breakpointTexts: 0,
            seconds: 0,
          };
        },
        async search(_scope, request): Promise<SearchResponse> {
          seen.requests.push(request);
          seen.steps.push('search');
          const results = (rankings[request.query] ?? []).map((documentId) => ({ documentId, score }) as Hit);
          return {
            request: { ...request } as ResolvedSearchRequest,
            results,
            facets: [],
            usage: [],
            timings: {},
            degraded,
          };
        },
      },
    };
  };
  return { seen, open };
}

async function run(
  options: Partial<RelevanceOptions>,
  rankings: Readonly<Record<string, readonly string[]>>,
) {
  const dataset = await makeDatasetFolder(smallDataset);
  const braid = openFixedBraid(rankings);
  const report = await runRelevanceBenchmark(
    { dataset, engine: 'sqlite', data: await makeDatasetFolder({}), ...options },
    braid.open,
  );
  return { report, dataset, ...braid };
}

const perfect = { first: ['d1', 'd3'], second: ['d2'] };

test('runRelevanceBenchmark measures lexical, dense and hybrid at the depth of the run', async () => {
  const { report, seen } = await run({}, perfect);
  expect(report.queries).toBe(2);
  expect(report.configurations.map(({ name }) => name)).toEqual(['lexical', 'dense', 'hybrid']);
  expect(report.configurations[2]!.metrics.mrr).toBe(1);
  // q1 is perfect; q2 misses one of two relevant documents.
  expect(report.configurations[2]!.metrics['recall@100']).toBe(0.75);
  expect(report.configurations[2]!.meanDepth).toBe(1.5);
  // Each configuration is tried once before any is measured.
  const asked = seen.requests.slice(3).filter(({ query }) => query === 'first');
  expect(asked.map(({ lexical, dense }) => [lexical?.weight, dense?.weight])).toEqual([
    [undefined, 0],
    [0, undefined],
    [undefined, undefined],
  ]);
  for (const request of asked) {
    expect(request).toMatchObject({
      topK: 1_000,
      collapse: 'document',
      lexical: { candidates: 1_000 },
      dense: { candidates: 1_000 },
    });
  }
  expect(seen.closed).toBe(1);
});

test('runRelevanceBenchmark names refused documents and what it left out', async () => {
  const { report } = await run({}, perfect);
  expect(report.corpus).toMatchObject({
    documents: 3,
    ingest: { refusals: [{ name: 'd3', reason: 'empty' }] },
  });
  expect(report.leftOut).toEqual({
    queriesWithoutJudgements: ['q3'],
    judgedQueriesWithoutText: [],
    judgedDocumentsOutsideCorpus: ['gone'],
    judgedDocumentsRefused: ['d3'],
    negativeGrades: [],
  });
  expect(report.notes).toEqual(
    expect.arrayContaining([
      '1 queries without a relevant document are left out of every mean: q3.',
      '1 judged documents outside of the index count as not found: gone.',
      '1 judged documents were refused when they were indexed and count as not found: d3.',
    ]),
  );
});

test('runRelevanceBenchmark searches only what can be found: it refreshes after indexing', async () => {
  const { seen } = await run({}, perfect);
  expect(seen.steps.slice(0, 3)).toEqual(['ingest', 'refresh', 'search']);
});

test('runRelevanceBenchmark hands title and text to the pipeline as plain text', async () => {
  const { seen } = await run({}, perfect);
  expect(seen.documents[0]).toEqual({
    documentId: 'd1',
    source: 'benchmark',
    mediaType: 'text/plain',
    title: 'One',
    content: 'the first text',
  });
});

test('runRelevanceBenchmark keeps one index for each corpus and recipe', async () => {
  const folder = await makeDatasetFolder(smallDataset);
  const folders = [];
  for (const recipe of [undefined, { chunking: 'none' }, { chunking: 'none' }]) {
    const { seen, open } = openFixedBraid(perfect);
    await runRelevanceBenchmark({ dataset: folder, engine: 'opensearch', data: folder, recipe }, open);
    folders.push(seen.overrides[0] as BenchmarkSettings);
  }
  expect(folders[0]!.data.slice(folder.length)).toMatch(/^\/benchmarks\/braid-dataset-.*-[0-9a-f]{12}$/);
  expect(folders[0]!.opensearch.indexPrefix).toMatch(/^braid-bench-[a-z0-9-]+-[0-9a-f]{12}$/);
  expect(folders[1]!.data).not.toBe(folders[0]!.data);
  expect(folders[1]!.opensearch.indexPrefix).not.toBe(folders[0]!.opensearch.indexPrefix);
  expect(folders[2]).toEqual(folders[1]);
});

test("runRelevanceBenchmark writes runs with strictly decreasing scores and each query's values", async () => {
  const runsOut = join(await makeDatasetFolder({}), 'runs');
  await run({ runsOut }, perfect);
  const lines = (await readFile(join(runsOut, 'hybrid.run'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ').slice(0, 4).join(' '))).toEqual([
    'q1 Q0 d1 1',
    'q1 Q0 d3 2',
    'q2 Q0 d2 1',
  ]);
  expect(Number(lines[1]!.split(' ')[4])).toBeLessThan(Number(lines[0]!.split(' ')[4]));
  const report = JSON.parse(await readFile(join(runsOut, 'report.json'), 'utf8'));
  expect(report.perQuery[2].queries[1]).toMatchObject({ queryId: 'q2', metrics: { 'recall@100': 0.5 } });
});

test('runRelevanceBenchmark counts a document once, at its best hit', async () => {
  const { report } = await run({}, { first: ['x', 'x', 'x', 'd1', 'd3'], second: ['d2'] });
  expect(report.configurations[0]!.metrics.mrr).toBe((1 / 2 + 1) / 2);
});

test('runRelevanceBenchmark counts a query that finds nothing as 0', async () => {
  const { report } = await run({}, { first: perfect.first });
  expect(report.queries).toBe(2);
  expect(report.configurations[0]!.metrics.mrr).toBe(0.5);
});

test('runRelevanceBenchmark refuses figures of a degraded search, and closes what it opened', async () => {
  const dataset = await makeDatasetFolder(smallDataset);
  const { seen, open } = openFixedBraid(perfect, [{ stage: 'embed', reason: 'model is down' }]);
  await expect(runRelevanceBenchmark({ dataset, engine: 'sqlite', data: dataset }, open)).rejects.toThrow(
    'Cannot measure query "q1": embed was done without, model is down',
  );
  expect(seen.closed).toBe(1);
});

test('runRelevanceBenchmark measures nothing deeper than its runs are', async () => {
  const { report } = await run({ depth: 50 }, perfect);
  expect(Object.keys(report.configurations[0]!.metrics)).toEqual([
    ...['ndcg@10', 'recall@10', 'mrr', 'map', 'precision@10', 'judged@10'],
  ]);
  await expect(run({ depth: 50, metrics: ['recall@100'] }, perfect)).rejects.toThrow(
    'Expected depth to be at least that of recall@100, got 50',
  );
});

test('runRelevanceBenchmark refuses a depth that a search cannot return, before work', async () => {
  await expect(run({ depth: 1_001 }, perfect)).rejects.toThrow('Expected depth to be 1 to 1,000, got 1001');
});

test('runRelevanceBenchmark measures the requests of a file in place of the default ones', async () => {
  const folder = await makeDatasetFolder({ 'few.yaml': ['few: { topK: 1, dense: { weight: 0.2 } }'] });
  const { report, seen } = await run({ configurations: join(folder, 'few.yaml') }, perfect);
  expect(report.configurations.map(({ name }) => name)).toEqual(['few']);
  expect(seen.requests[0]).toMatchObject({ topK: 1, dense: { weight: 0.2, candidates: 1_000 } });
});

test('runRelevanceBenchmark tells how far indexing and each configuration are', async () => {
  const progress: RelevanceProgress[] = [];
  await run({ onProgress: (event) => progress.push(event) }, perfect);
  expect(progress.filter(({ stage }) => stage === 'index').at(-1)).toEqual({
    stage: 'index',
    done: 3,
    total: 3,
  });
  expect(progress.at(-1)).toEqual({ stage: 'search', configuration: 'hybrid', done: 2, total: 2 });
});

test('runRelevanceBenchmark gives each metric an interval and compares with the baseline, query by query', async () => {
  const runsOut = join(await makeDatasetFolder({}), 'runs');
  const { report } = await run(
    { runsOut, baseline: 'dense', metrics: ['mrr', 'ndcg@3'], metric: 'mrr' },
    perfect,
  );
  expect(Object.keys(report.configurations[0]!.metrics)).toEqual(['mrr', 'ndcg@3']);
  expect(report.configurations[0]!.intervals.mrr).toEqual([1, 1]);
  expect(report.comparisons.map(({ name, baseline, ties }) => [name, baseline, ties])).toEqual([
    ['lexical', 'dense', 2],
    ['hybrid', 'dense', 2],
  ]);
  expect(report.comparisons[0]).toMatchObject({ metric: 'mrr', difference: 0, adjustedPValue: 1, worst: [] });
});

test('runRelevanceBenchmark names a configuration that is refused, before any is measured', async () => {
  const folder = await makeDatasetFolder({ 'two.yaml': ['good: {}', 'bad: { topK: 2000 }'] });
  const dataset = await makeDatasetFolder(smallDataset);
  const { seen, open } = openFixedBraid(perfect);
  const refuse: typeof open = async (overrides) => {
    const braid = await open(overrides);
    return {
      ...braid,
      pipeline: {
        ...braid.pipeline,
        async search(scope, request) {
          if ((request.topK ?? 0) > 1_000) throw new InvalidInput('topK', 'Expected topK to be 1 to 1000');
          return braid.pipeline.search(scope, request);
        },
      },
    };
  };
  await expect(
    runRelevanceBenchmark(
      { dataset, engine: 'sqlite', configurations: join(folder, 'two.yaml'), data: folder },
      refuse,
    ),
  ).rejects.toThrow('Cannot measure configuration "bad": Expected topK to be 1 to 1000');
  expect(seen.requests).toHaveLength(1);
  expect(seen.closed).toBe(1);
});

test('runRelevanceBenchmark refuses a score that is no number, naming query and document', async () => {
  const dataset = await makeDatasetFolder(smallDataset);
  const { open } = openFixedBraid(perfect, [], [], Number.NaN);
  await expect(
    runRelevanceBenchmark({ dataset, engine: 'sqlite', data: await makeDatasetFolder({}) }, open),
  ).rejects.toThrow('Cannot measure query "q1": document "d1" has the score NaN, expected a finite number');
});

test('runRelevanceBenchmark says what counts as 0, what is negative, and what one query cannot show', async () => {
  const dataset = await makeDatasetFolder({ ...smallDataset, 'qrels.tsv': ['q1\td1\t1', 'q1\td2\t-1'] });
  const { open } = openFixedBraid({});
  const report = await runRelevanceBenchmark(
    { dataset, engine: 'sqlite', data: await makeDatasetFolder({}) },
    open,
  );
  expect(report.configurations[0]!.unanswered).toEqual(['q1']);
  expect(report.leftOut.negativeGrades).toEqual(['q1/d2']);
  expect(report.notes).toEqual(
    expect.arrayContaining([
      expect.stringContaining('One query:'),
      '1 of 1 queries found nothing with "hybrid"; they count as 0.',
      '1 judgements below 0 count as not relevant: q1/d2.',
    ]),
  );
});

test("runRelevanceBenchmark measures a tenant's own index by judgements from elsewhere, and indexes nothing", async () => {
  const folder = await makeDatasetFolder({
    'quepid.csv': ['query,docid,rating', 'first,d1,3', 'second,gone,1'],
  });
  const { seen, open } = openFixedBraid(perfect, [], ['d1', 'd2']);
  const report = await runRelevanceBenchmark(
    {
      ownIndex: { tenantId: 'docs', judgements: join(folder, 'quepid.csv') },
      engine: 'sqlite',
      data: folder,
    },
    open,
  );
  expect(seen.overrides).toEqual([{ search: {} }]);
  expect(seen.documents).toEqual([]);
  expect(report).toMatchObject({ dataset: 'quepid.csv', queries: 2, corpus: { documents: 2 } });
  expect(report.leftOut.judgedDocumentsOutsideCorpus).toEqual(['gone']);
  expect(report.configurations[0]!.metrics.mrr).toBe(0.5);
});

test('runRelevanceBenchmark refuses unknown metrics and baselines before it opens anything', async () => {
  await expect(run({ metrics: ['ndcg@0'] }, perfect)).rejects.toThrow('Unknown metric "ndcg@0"');
  await expect(run({ metrics: ['toString'] }, perfect)).rejects.toThrow('Unknown metric "toString"');
  await expect(run({ baseline: 'other' }, perfect)).rejects.toThrow(
    'Expected baseline to be one of lexical, dense, hybrid, got other',
  );
});
