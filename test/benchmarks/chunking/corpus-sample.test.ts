import { expect, it } from 'vitest';
import { sampleSource } from '../../../benchmarks/chunking/corpus-sample.ts';
import type { Source } from '../../../sources/source.ts';

function sourceOf(names: readonly string[]): Source {
  return {
    async *items() {
      for (const name of names) {
        yield { name, load: async () => ({ documentId: name, source: 's', content: name }) };
      }
    },
  };
}

async function namesOf(source: Source): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of source.items()) names.push(name);
  return names;
}

it('sampleSource takes what is kept and the same others, whatever the order of the corpus', async () => {
  const names = Array.from({ length: 100 }, (_, at) => `d${at}`);
  const kept = new Set(['d7', 'd93']);
  const sample = await namesOf(await sampleSource(sourceOf(names), kept, 10));
  expect(sample).toHaveLength(12);
  expect(sample).toEqual(expect.arrayContaining([...kept]));
  const reversed = await namesOf(await sampleSource(sourceOf(names.toReversed()), kept, 10));
  expect(new Set(reversed)).toEqual(new Set(sample));
  expect(await namesOf(await sampleSource(sourceOf(names), kept, 0))).toEqual(['d7', 'd93']);
});
