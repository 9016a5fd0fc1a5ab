import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createCachingModel } from '../../../benchmarks/chunking/vector-cache.ts';
import type { EmbeddingModel } from '../../../models/embedding-model.ts';

let folder: string;
let given: string[];

/** A stand-in: a text's vector is its length. */
const model: EmbeddingModel = {
  id: 'lengths',
  dimensions: 2,
  maxInputTokens: 10,
  maxTextsPerCall: 10,
  maxTextsAtOnce: 10,
  tokenizer: { count: (text) => text.length, specialTokens: 0 },
  async embedPassages(texts) {
    given.push(...texts);
    return { vectors: texts.map((text) => Float32Array.of(text.length, 0.1)), truncated: 0, tokens: 0 };
  },
  embedQuery: async (text) => Float32Array.of(text.length, 0.1),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-vectors-'));
  given = [];
});

afterEach(() => rm(folder, { recursive: true }));

it('createCachingModel embeds each text once, also after it was opened again, and accounts for all', async () => {
  const file = join(folder, 'deep', 'v.vectors');
  const first = await createCachingModel(model, file);
  const [one, other] = await Promise.all([
    first.embedPassages(['a', 'bb', 'a']),
    first.embedPassages(['bb']),
  ]);
  expect(one.vectors.map(([length]) => length)).toEqual([1, 2, 1]);
  expect(other.vectors[0]).toEqual(one.vectors[1]);
  expect(given).toEqual(['a', 'bb']);
  expect(first.takeAccount().texts).toBe(4);
  expect(first.takeAccount()).toEqual({ texts: 0, seconds: 0, spent: 0 });

  // A record that a crash cut short.
  await appendFile(file, 'cut');
  const second = await createCachingModel(model, file);
  const again = await second.embedPassages(['bb', 'ccc']);
  expect(again.vectors).toEqual([Float32Array.of(2, 0.1), Float32Array.of(3, 0.1)]);
  expect(given).toEqual(['a', 'bb', 'ccc']);
  const third = await createCachingModel(model, file);
  await third.embedPassages(['a', 'bb', 'ccc']);
  expect(given).toHaveLength(3);
});
