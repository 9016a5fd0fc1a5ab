import { describe, expect, it } from 'vitest';
import { createTogether } from '../../../search-engine/opensearch/together.ts';

/** Answers each number with its double; -1 spoils the whole request. */
function doubling(maxSize = 10, maxRequests = 1) {
  const sent: (readonly number[])[] = [];
  const ask = createTogether(
    async (items: readonly number[]) => {
      sent.push(items);
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (items.includes(-1)) throw new RangeError('spoilt');
      if (items.includes(-2)) throw new Error('away');
      return items.map((item) => item * 2);
    },
    { maxSize, maxRequests, isOfOneGroup: (error) => error instanceof RangeError },
  );
  return { sent, ask: (...items: number[]) => ask({ items, size: items.length }) };
}

describe('createTogether', () => {
  it('sends what is asked at the same time in one request, and gives each asker its own', async () => {
    const { ask, sent } = doubling();
    expect(await Promise.all([ask(1, 2), ask(3), ask(4, 5, 6)])).toEqual([[2, 4], [6], [8, 10, 12]]);
    expect(sent).toEqual([[1, 2, 3, 4, 5, 6]]);
  });

  it('gathers while a request is on its way, up to its size, without splitting a group', async () => {
    const { ask, sent } = doubling(3);
    const first = ask(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
    await Promise.all([first, ask(2, 3), ask(4, 5), ask(6), ask(7, 8, 9, 10, 11)]);
    expect(sent).toEqual([[1], [2, 3], [4, 5, 6], [7, 8, 9, 10, 11]]);
  });

  it('lets no group fail for what another one spoils', async () => {
    const { ask, sent } = doubling();
    const outcomes = await Promise.allSettled([ask(1), ask(-1), ask(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(sent).toEqual([[1, -1, 2], [1], [-1], [2]]);
  });

  it('sends nothing twice that failed for all', async () => {
    const { ask, sent } = doubling();
    const outcomes = await Promise.allSettled([ask(1), ask(-2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sent).toEqual([[1, -2]]);
    expect(await ask(3)).toEqual([6]);
  });
});
