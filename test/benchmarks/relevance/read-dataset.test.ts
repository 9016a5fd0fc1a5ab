import { describe, expect, test } from 'vitest';
import { readDataset } from '../../../benchmarks/relevance/read-dataset.ts';
import { makeDatasetFolder, smallDataset } from './dataset-folder.ts';

test('readDataset names what it leaves out and what the corpus lacks', async () => {
  const dataset = await readDataset(await makeDatasetFolder(smallDataset));
  expect(dataset.documents).toBe(3);
  expect(dataset.queries.map(({ queryId }) => queryId)).toEqual(['q1', 'q2']);
  expect(dataset.queries[0]!.grades).toEqual(
    new Map([
      ['d1', 2],
      ['d3', 1],
    ]),
  );
  expect(dataset.queriesWithoutJudgements).toEqual(['q3']);
  expect(dataset.judgedDocumentsOutsideCorpus).toEqual(['gone']);
  expect(dataset.judgedQueriesWithoutText).toEqual([]);
});

test('readDataset leaves out a query whose documents were all judged not relevant', async () => {
  const folder = await makeDatasetFolder({
    ...smallDataset,
    'qrels.tsv': ['q1\td1\t0', 'q2\td2\t1', 'q9\td2\t1'],
  });
  const dataset = await readDataset(folder);
  expect(dataset.queries.map(({ queryId }) => queryId)).toEqual(['q2']);
  expect(dataset.queriesWithoutJudgements).toEqual(['q1', 'q3']);
  expect(dataset.judgedQueriesWithoutText).toEqual(['q9']);
});

test('readDataset hashes the corpus by its ids, titles and texts', async () => {
  const changed = {
    ...smallDataset,
    'corpus.jsonl': smallDataset['corpus.jsonl'].map((line) => line.replace('first', 'other')),
  };
  const same = { ...smallDataset, 'queries.jsonl': ['{"_id":"q1","text":"another query"}'] };
  const [hash, changedHash, sameHash] = await Promise.all(
    [smallDataset, changed, same].map(
      async (files) => (await readDataset(await makeDatasetFolder(files))).corpusHash,
    ),
  );
  expect(changedHash).not.toBe(hash);
  expect(sameHash).toBe(hash);
});

test('readDataset takes the test split of a qrels folder', async () => {
  const { 'qrels.tsv': test, ...others } = smallDataset;
  const folder = await makeDatasetFolder({
    ...others,
    'qrels/test.tsv': test,
    'qrels/train.tsv': ['q3\td1\t1'],
  });
  expect((await readDataset(folder)).queriesWithoutJudgements).toEqual(['q3']);
});

test('readDataset passes over a byte order mark', async () => {
  const files = Object.entries(smallDataset).map(([name, [first, ...lines]]) => [
    name,
    [`\uFEFF${first}`, ...lines],
  ]);
  const dataset = await readDataset(await makeDatasetFolder(Object.fromEntries(files)));
  expect(dataset).toMatchObject({ documents: 3, judgedQueriesWithoutText: [] });
  expect(dataset.queries.map(({ queryId }) => queryId)).toEqual(['q1', 'q2']);
});

describe('readDataset refuses', () => {
  const refused: readonly [string, Readonly<Record<string, readonly string[]>>, RegExp][] = [
    [
      'a document id that comes twice',
      { 'corpus.jsonl': ['{"_id":"a"}', '{"_id":"a"}'] },
      /corpus\.jsonl:2 has "a" again/,
    ],
    [
      'a query id that comes twice',
      { 'queries.jsonl': ['{"_id":"q1","text":"x"}', '{"_id":"q1","text":"y"}'] },
      /queries\.jsonl:2 has "q1" again/,
    ],
    [
      'a pair that is judged twice',
      { 'qrels.tsv': ['q1\td1\t1', 'q1\td1\t2'] },
      /qrels\.tsv:2 judges document "d1" for query "q1" again/,
    ],
    [
      'a judgement without a whole number',
      { 'qrels.tsv': ['q1\td1\thigh'] },
      /qrels\.tsv:1 to be query id, document id and a whole number/,
    ],
    ['a line that is not JSON', { 'corpus.jsonl': ['{"_id":"a"}', '{'] }, /corpus\.jsonl:2 to be JSON/],
    [
      'a document without an id',
      { 'corpus.jsonl': ['{"text":"a"}'] },
      /Expected _id of .*corpus\.jsonl:1 to be a string/,
    ],
    [
      'a text that is not a string',
      { 'corpus.jsonl': ['{"_id":"a","text":7}'] },
      /Expected text of .*corpus\.jsonl:1 to be a string/,
    ],
    [
      'judgements for no known query',
      { 'qrels.tsv': ['q8\td1\t1'] },
      /to have a relevant document, got none/,
    ],
  ];
  test.each(refused)('%s', async (_, files, message) => {
    const folder = await makeDatasetFolder({ ...smallDataset, ...files });
    await expect(readDataset(folder)).rejects.toThrow(message);
  });

  test('a folder without judgements', async () => {
    const { 'qrels.tsv': _, ...others } = smallDataset;
    await expect(readDataset(await makeDatasetFolder(others))).rejects.toThrow(
      /to have qrels\.tsv or qrels\/test\.tsv, got none/,
    );
  });

  test('a folder that is not there', async () => {
    await expect(readDataset('/nowhere/at/all')).rejects.toThrow(/Cannot read dataset folder/);
  });

  test('a folder without a corpus', async () => {
    const { 'corpus.jsonl': _, ...others } = smallDataset;
    await expect(readDataset(await makeDatasetFolder(others))).rejects.toThrow(/Cannot read .*corpus\.jsonl/);
  });
});
