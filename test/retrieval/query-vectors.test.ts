import { afterEach, describe, expect, it, vi } from 'vitest';
import { createQueryVectors } from '../../retrieval/query-vectors.ts';

describe('createQueryVectors', () => {
  afterEach(() => void vi.useRealTimers());

  /** Asks for vectors and tells which of them had to be made. */
  function asker(limits: Parameters<typeof createQueryVectors>[0]) {
    const vectors = createQueryVectors(limits);
    const made: string[] = [];
    const ask = (tenantId: string, query: string) =>
      vectors.get(tenantId, query, async () => {
        made.push(`${tenantId} ${query}`);
        return Float32Array.of(made.length);
      });
    return { ask, made };
  }

  it('makes a vector once and gives the same one again', async () => {
    const { ask, made } = asker({});
    expect(await ask('a', 'q')).toBe(await ask('a', 'q'));
    expect(made).toEqual(['a q']);
  });

  it('keeps tenants apart', async () => {
    const { ask, made } = asker({});
    await ask('a', 'q');
    await ask('b', 'q');
    expect(made).toEqual(['a q', 'b q']);
  });

  it('forgets what was unused longest, of the tenant that asks and of no other', async () => {
    const { ask, made } = asker({ ofTenant: 2 });
    for (const query of ['1', '2', '1', '3', '1', '2']) await ask('a', query);
    expect(made).toEqual(['a 1', 'a 2', 'a 3', 'a 2']);
    await ask('b', '1');
    await ask('a', '1');
    expect(made).toHaveLength(5);
  });

  it('forgets the tenant that asked longest ago', async () => {
    const { ask, made } = asker({ tenants: 2 });
    for (const tenant of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(tenant, 'q');
    expect(made).toEqual(['a q', 'b q', 'c q', 'b q']);
  });

  it('makes a vector again after its time', async () => {
    vi.useFakeTimers();
    const { ask, made } = asker({ keepMs: 1_000 });
    await ask('a', 'q');
    vi.advanceTimersByTime(999);
    await ask('a', 'q');
    expect(made).toHaveLength(1);
    vi.advanceTimersByTime(2);
    await ask('a', 'q');
    expect(made).toHaveLength(2);
  });

  it('keeps nothing of a model that failed', async () => {
    const vectors = createQueryVectors();
    await expect(vectors.get('a', 'q', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await vectors.get('a', 'q', async () => Float32Array.of(1))).toEqual(Float32Array.of(1));
  });
});
