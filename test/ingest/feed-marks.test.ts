import { expect, it } from 'vitest';
import { createMarkBook } from '../../ingest/feed-marks.ts';
import type { Watermarks } from '../../ingest/feed-watermarks.ts';
import { scopes } from './feed-under-test.ts';

it('keeps the marks and logs of a source by tenant, and reads each once while it is fresh', async () => {
  const read: string[] = [];
  const watermarks: Watermarks = {
    async read({ tenantId }, source) {
      read.push(`${tenantId} ${source}`);
      return { truncated: tenantId === 'a' ? 5n : -1n, floor: -1n, logs: {} };
    },
    raise: () => Promise.reject(new Error('Expected no mark to be raised')),
    claimLog: async ({ tenantId }, source) => `${tenantId} ${source}`,
  };
  const book = createMarkBook(watermarks, (work) => work());
  const [a, b] = [scopes.operator('a'), scopes.operator('b')];
  for (let round = 0; round < 2; round += 1) {
    expect((await book.of(a, 's')).truncated).toBe(5n);
    expect((await book.of(b, 's')).truncated).toBe(-1n);
    const log = { epoch: 1, name: 'anything' };
    expect(await book.logOf(a, 's', log)).toBe('a s');
    expect(await book.logOf(b, 's', log)).toBe('b s');
  }
  expect(read).toEqual(['a s', 'b s']);
});
