import { expect, test } from 'vitest';
import { deepen, readConfigurations } from '../../../benchmarks/relevance/configurations.ts';
import { makeDatasetFolder } from './dataset-folder.ts';

async function read(lines: readonly string[]) {
  const folder = await makeDatasetFolder({ 'configurations.yaml': lines });
  return readConfigurations(`${folder}/configurations.yaml`);
}

test('readConfigurations takes named requests in the order of the file', async () => {
  const configurations = await read(['rrf:', '  fusion: { method: rrf, rankConstant: 60 }', 'defaults:']);
  expect(configurations).toEqual([
    { name: 'rrf', request: { fusion: { method: 'rrf', rankConstant: 60 } } },
    { name: 'defaults', request: {} },
  ]);
});

test('readConfigurations refuses what is not a map from name to request', async () => {
  await expect(read(['- a', '- b'])).rejects.toThrow(/to be a map from name to search request/);
  await expect(read(['a: 7'])).rejects.toThrow(/Expected "a" in .* to be a search request/);
  await expect(read(['a: { query: wings }'])).rejects.toThrow(/without query and cursor/);
  await expect(read(['a: [', 'b'])).rejects.toThrow(/Cannot read/);
  await expect(read(['"../a": {}'])).rejects.toThrow(/Expected names in/);
});

test('deepen raises hits and candidates to the depth of the run, one hit a document', () => {
  expect(deepen({ name: 'hybrid', request: {} }, 1_000)).toEqual({
    topK: 1_000,
    collapse: 'document',
    lexical: { candidates: 1_000 },
    dense: { candidates: 1_000 },
  });
});

test('deepen goes no deeper than the candidates that a request names', () => {
  const deep = deepen({ name: 'few', request: { dense: { weight: 0.3, candidates: 50 } } }, 1_000);
  expect(deep.topK).toBe(50);
  expect(deep.dense).toEqual({ weight: 0.3, candidates: 50 });
  expect(deep.lexical).toEqual({ candidates: 1_000 });
});

test('deepen keeps a topK that the request names', () => {
  expect(deepen({ name: 'ten', request: { topK: 10 } }, 1_000).topK).toBe(10);
});

test('deepen gives the legs the candidates that a request with more hits than the depth needs', () => {
  expect(deepen({ name: 'many', request: { topK: 500 } }, 10).lexical?.candidates).toBe(500);
});
