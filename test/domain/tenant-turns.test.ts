import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Overloaded } from '../../domain/errors.ts';
import { createTenantTurns } from '../../domain/tenant-turns.ts';

/** Works that end when they are told to, and the order in which they began. */
function works() {
  const begun: string[] = [];
  const open: (() => void)[] = [];
  return {
    begun,
    work: (name: string) => () =>
      new Promise<string>((resolve) => {
        begun.push(name);
        open.push(() => resolve(name));
      }),
    async endOne() {
      open.shift()?.();
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('createTenantTurns', () => {
  it('serves who comes late after one work of who has many waiting', async () => {
    const turns = createTenantTurns({ atOnce: 1, what: 'works' });
    const { begun, work, endOne } = works();
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'].map((name) => turns.run(name[0]!, work(name)));
    await settled();
    for (let at = 0; at < all.length; at += 1) await endOne();
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('runs no more at once than it may, in all and of one tenant, and everything in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (tenants, atOnce, tenantAtOnce) => {
          const turns = createTenantTurns({ atOnce, tenantAtOnce, what: 'works' });
          const now = new Map<string, number>();
          const most = { all: 0, one: 0 };
          await Promise.all(
            tenants.map((tenantId) =>
              turns.run(tenantId, async () => {
                now.set(tenantId, (now.get(tenantId) ?? 0) + 1);
                most.one = Math.max(most.one, ...now.values());
                most.all = Math.max(
                  most.all,
                  [...now.values()].reduce((sum, count) => sum + count, 0),
                );
                await settled();
                now.set(tenantId, now.get(tenantId)! - 1);
              }),
            ),
          );
          expect(most.all).toBeLessThanOrEqual(atOnce);
          expect(most.one).toBeLessThanOrEqual(Math.min(atOnce, tenantAtOnce));
          expect([...now.values()].every((count) => count === 0)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives its place back where work fails, and passes the failure on', async () => {
    const turns = createTenantTurns({ atOnce: 1, what: 'works' });
    await expect(turns.run('a', () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
    await expect(turns.run('a', async () => 'next')).resolves.toBe('next');
  });

  it('refuses what has waited too long, and lets go of what is given up', async () => {
    const turns = createTenantTurns({ atOnce: 1, maxWaitMs: 20, what: 'searches' });
    const { begun, work, endOne } = works();
    const first = turns.run('a', work('first'));
    const left = new AbortController();
    const given = turns.run('b', work('given up'), left.signal);
    const late = turns.run('a', work('late'));
    left.abort(new Error('left'));
    await expect(given).rejects.toThrow('left');
    await expect(late).rejects.toThrow(Overloaded);
    await expect(late).rejects.toThrow('Cannot begin within 20 ms: too many searches are waiting');
    await endOne();
    await first;
    await expect(turns.run('b', async () => 'served')).resolves.toBe('served');
    expect(begun).toEqual(['first']);
    await expect(turns.run('b', async () => 'never', AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
  });

  it('begins no more of a tenant than its rate after a second’s worth, and others meanwhile', async () => {
    const turns = createTenantTurns({ atOnce: 8, tenantPerSecond: 20, what: 'works' });
    const begun: { readonly who: string; readonly at: number }[] = [];
    const begin = (who: string) => async () => void begun.push({ who, at: performance.now() });
    await Promise.all([
      ...Array.from({ length: 6 }, (_, at) => turns.run('a', begin(`a${at}`), undefined, 5)),
      turns.run('b', begin('b')),
    ]);
    // 20 at once are four works and, since the last may run into debt, a fifth; the sixth comes a quarter second later.
    expect(begun.at(-1)!.who).toBe('a5');
    expect(begun[6]!.at - begun[0]!.at).toBeGreaterThan(230);
  });
});
