import { createHash } from 'node:crypto';
import type { Source } from '../../sources/source.ts';

/**
 * A smaller corpus of the same kind: all documents of `kept`, and of the others the `others` whose ids have the lowest
 * hashes, so the same each time.
 * @param items of the corpus, in any order
 */
export async function sampleSource(
  corpus: Source,
  kept: ReadonlySet<string>,
  others: number,
): Promise<Source> {
  const rest: { readonly name: string; readonly hash: string }[] = [];
  for await (const { name } of corpus.items()) {
    if (!kept.has(name)) rest.push({ name, hash: createHash('sha256').update(name).digest('hex') });
  }
  rest.sort((left, right) => (left.hash < right.hash ? -1 : 1));
  const taken = new Set([...kept, ...rest.slice(0, others).map(({ name }) => name)]);
  return {
    async *items(signal) {
      for await (const item of corpus.items(signal)) if (taken.has(item.name)) yield item;
    },
  };
}
