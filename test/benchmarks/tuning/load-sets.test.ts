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
