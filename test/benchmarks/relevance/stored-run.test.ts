import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareKeptRuns } from '../../../benchmarks/relevance/compare-kept-runs.ts';
import { measureRanking } from '../../../benchmarks/relevance/measure-ranking.ts';
import type { ConfigurationRun } from '../../../benchmarks/relevance/run-configuration.ts';
import { listStoredRuns, readStoredRun, storeRun } from '../../../benchmarks/relevance/stored-run.ts';
import { makeDatasetFolder } from './dataset-folder.ts';

const queries = [
  { queryId: 'q1', text: 'first', grades: new Map([['d1', 1]]) },
  { queryId: 'q2', text: 'second', grades: new Map([['d2', 2]]) },
];

function runOf(rankings: readonly (readonly string[])[], weight = 0.5): ConfigurationRun {
  return {
    metrics: {},
    request: { lexical: { weight } } as ConfigurationRun['request'],
    seconds: 1,
    cost: { p50: 1, p95: 2, cpuMsPerQuery: 3 },
    perQuery: rankings.map((documents, at) => {
      const ranking = documents.map((documentId, rank) => ({ documentId, score: 1 / (rank + 1) }));
      return {
        queryId: queries[at]!.queryId,
        ranking,
        shown: ranking,
        metrics: measureRanking(documents, queries[at]!.grades),
      };
    }),
  };
}

const identity = { name: 'hybrid', dataset: 'small', engine: 'sqlite', index: 'hash' };
const perfect = [['d1'], ['d2']];
const half = [['d1'], ['x', 'd2']];

test('storeRun gives the same run the same id, and another index, request or ranking another', async () => {
  const folder = await makeDatasetFolder({});
  const ids = [
    await storeRun(folder, identity, queries, runOf(perfect)),
    await storeRun(folder, { ...identity, name: 'renamed' }, queries, runOf(perfect)),
    await storeRun(folder, { ...identity, index: 'other' }, queries, runOf(perfect)),
    await storeRun(folder, identity, queries, runOf(perfect, 0.7)),
    await storeRun(folder, identity, queries.slice(0, 1), runOf(perfect)),
    await storeRun(folder, identity, queries, runOf(half)),
  ];
  expect(ids[1]).toBe(ids[0]);
  expect(new Set(ids).size).toBe(5);
  // What was configured, indexed and asked is the same; what came back is not.
  expect(ids[5]!.split('-')[0]).toBe(ids[0]!.split('-')[0]);
  expect(await listStoredRuns(folder)).toHaveLength(5);
  expect((await readStoredRun(folder, ids[5]!)).queries[1]!.ranking[0]).toEqual(['x', 1]);
});

test('readStoredRun refuses a beginning that fits no run or several', async () => {
  const folder = await makeDatasetFolder({});
  const id = await storeRun(folder, identity, queries, runOf(perfect));
  await storeRun(folder, identity, queries, runOf(half));
  await expect(readStoredRun(folder, id.split('-')[0]!)).rejects.toThrow('Expected one run to begin with');
  await expect(readStoredRun(folder, 'nothing')).rejects.toThrow('There is no kept run "nothing"');
});

test('compareKeptRuns compares two kept runs query by query, with both lists of the worst', async () => {
  const folder = await makeDatasetFolder({});
  const runs = [
    await storeRun(folder, identity, queries, runOf(perfect)),
    await storeRun(folder, { ...identity, name: 'worse' }, queries, runOf(half)),
  ];
  const { comparisons } = await compareKeptRuns({ folder, runs });
  expect(comparisons[0]).toMatchObject({ name: 'worse', baseline: 'hybrid', wins: 0, ties: 1, losses: 1 });
  expect(comparisons[0]!.worst).toMatchObject([
    {
      queryId: 'q2',
      text: 'second',
      baselineValue: 1,
      hits: [{ documentId: 'x' }, { documentId: 'd2', grade: 2 }],
      baselineHits: [{ documentId: 'd2', grade: 2 }],
    },
  ]);
  expect(comparisons[0]!.worst[0]!.hits[0]).not.toHaveProperty('grade');
});

test('compareKeptRuns measures run files, and names the queries that one side lacks', async () => {
  const folder = await makeDatasetFolder({ 'qrels.tsv': ['q1\td1\t1', 'q2\td2\t1', 'q3\td1\t0'] });
  await writeFile(join(folder, 'a.run'), 'q1 Q0 d1 1 2.5 a\nq2 Q0 d2 1 1 a\n');
  await writeFile(join(folder, 'b.run'), 'q1 Q0 d1 1 2.5 b\nq3 Q0 d1 1 1 b\n');
  const runs = [join(folder, 'a.run'), join(folder, 'b.run')];
  const report = await compareKeptRuns({ folder, runs, judgements: join(folder, 'qrels.tsv') });
  expect(report.queries).toBe(2);
  expect(report.configurations.map(({ metrics }) => metrics.mrr)).toEqual([1, 0.5]);
  expect(report.configurations[1]).toMatchObject({ missingQueries: ['q2'], unjudgedQueries: ['q3'] });
  await expect(compareKeptRuns({ folder, runs })).rejects.toThrow('Expected --judgements for run files');
});

test('compareKeptRuns refuses kept runs of different queries', async () => {
  const folder = await makeDatasetFolder({});
  const runs = [
    await storeRun(folder, identity, queries, runOf(perfect)),
    await storeRun(folder, identity, queries.slice(0, 1), runOf(perfect)),
  ];
  await expect(compareKeptRuns({ folder, runs })).rejects.toThrow('are of different queries or judgements');
});
