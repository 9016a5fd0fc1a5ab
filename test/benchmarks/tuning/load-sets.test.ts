import { expect, test } from 'vitest';
import { loadSets } from '../../../benchmarks/tuning/load-sets.ts';
import { makeDatasetFolder, smallDataset } from '../relevance/dataset-folder.ts';

const load = (...datasets: string[]) =>
  loadSets(
    { engine: 'sqlite', datasets },
    () => Promise.reject(new Error('nothing is to be indexed')),
    [{ title: 1, text: 1 }],
    100,
  );

test('loadSets takes a set once, under whatever name, before anything is indexed', async () => {
  const [one, copy] = [await makeDatasetFolder(smallDataset), await makeDatasetFolder(smallDataset)];
  await expect(load(one, copy)).rejects.toThrow(/^Expected each dataset once, got .* with the same corpus/);
  await expect(load(one)).rejects.toThrow('nothing is to be indexed');
});

test('loadSets refuses a set whose training queries are its test queries', async () => {
  const { 'qrels.tsv': judgements, ...rest } = smallDataset;
  const folder = await makeDatasetFolder({
    ...rest,
    'qrels/test.tsv': judgements,
    'qrels/train.tsv': judgements,
  });
  await expect(load(folder)).rejects.toThrow(
    `Expected a training query of ${folder} that is not a test query too, got none`,
  );
});

test('loadSets lets no set train on what another one holds out', async () => {
  const judged = ['query-id\tcorpus-id\tscore', 'q1\td1\t1'];
  const corpus = (text: string) => [`{"_id":"d1","title":"","text":"${text}"}`];
  const heldOut = await makeDatasetFolder({
    'corpus.jsonl': corpus('one'),
    'queries.jsonl': ['{"_id":"q1","text":"What is held out?"}'],
    'queries.train.jsonl': ['{"_id":"t1","text":"something else"}'],
    'qrels/test.tsv': judged,
    'qrels/train.tsv': ['query-id\tcorpus-id\tscore', 't1\td1\t1'],
  });
  const without = await makeDatasetFolder({
    'corpus.jsonl': corpus('other'),
    'queries.jsonl': ['{"_id":"q1","text":"what is  held out?"}'],
    'qrels/test.tsv': judged,
  });
  await expect(load(heldOut)).rejects.toThrow('nothing is to be indexed');
  await expect(load(without)).rejects.toThrow('nothing is to be indexed');
  await expect(load(heldOut, without)).rejects.toThrow(
    `Expected a training query of ${without} that is not a test query too, got none`,
  );
});

test('loadSets names a query that no search takes, before anything is indexed', async () => {
  const folder = await makeDatasetFolder({
    ...smallDataset,
    'queries.jsonl': ['{"_id":"q1","text":"first"}', `{"_id":"q2","text":"${'long '.repeat(1_000)}"}`],
  });
  await expect(load(folder)).rejects.toThrow(
    'Cannot search query "q2" (5000 characters): Expected query to be a text of 1 to 4000 characters',
  );
});
