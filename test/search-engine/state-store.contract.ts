import { describe, expect, it } from 'vitest';
import { RevisionConflict } from '../../domain/errors.ts';
import type { StateOwner } from '../../search-engine/state-store.ts';
import { type ContractSubject, openForBlock } from './contract-subject.ts';
import { compareBytes } from './oracle.ts';
import { freshTenant, scopes } from './scopes.ts';

/** What every adapter of the port `StateStore` must do; its test is a call to this. */
export function describeStateStoreContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`${name}: state store contract`, () => {
    const subject = openForBlock(open);
    let collections = 0;
    const freshCollection = () => {
      collections += 1;
      return `collection-${collections}`;
    };
    const owners: [string, () => StateOwner][] = [
      ['a tenant', () => scopes.operator(freshTenant())],
      ['the installation', () => 'system'],
    ];

    describe.each(owners)('of %s', (_, freshOwner) => {
      it('gives back what was put, and nothing where nothing was', async () => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        expect(await state.get(owner, collection, 'k')).toBeUndefined();
        const revision = await state.put(owner, collection, 'k', { a: [1, 'x', null] });
        expect(await state.get(owner, collection, 'k')).toEqual({
          key: 'k',
          value: { a: [1, 'x', null] },
          revision,
          ...(owner !== 'system' && { tenantId: owner.tenantId }),
        });
        expect(await state.get(owner, freshCollection(), 'k')).toBeUndefined();
        expect(await state.get(owner, collection, 'K')).toBeUndefined();
      });

      it.each([
        ['an object in an object', { a: { b: { c: [] } }, 'd.e': 1, '': 0 }],
        ['an empty object', {}],
        ['a list', [1, [2, [3]], {}]],
        ['a text', 'text \0 😀 e\u0301 "quoted" \\'],
        ['an empty text', ''],
        ['a number', -1.5e-300],
        ['0', 0],
        ['true', true],
        ['false', false],
        ['null', null],
        ['two kinds under one name', { a: 1, b: { a: 'text' } }],
        ['one megabyte', { text: 'x😀"\\'.repeat(125_000) }],
        ['names that objects have of their own', JSON.parse('{"__proto__":{"a":1},"constructor":"x"}')],
      ])('keeps %s as it is', async (_, value) => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        await state.put(owner, collection, 'k', value);
        expect(JSON.stringify((await state.get(owner, collection, 'k'))!.value)).toBe(JSON.stringify(value));
        const [listed] = await state.list(owner, collection, { limit: 10 });
        expect(JSON.stringify(listed!.value)).toBe(JSON.stringify(value));
      });

      it('overwrites where no revision is expected, with a new revision each time', async () => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        const first = await state.put(owner, collection, 'k', 1);
        const second = await state.put(owner, collection, 'k', 2);
        const third = await state.put(owner, collection, 'k', 2);
        expect(new Set([first, second, third]).size).toBe(3);
        expect(await state.get(owner, collection, 'k')).toMatchObject({ value: 2, revision: third });
      });

      it('compares the revision before it writes', async () => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        await expect(state.put(owner, collection, 'k', 0, 'no such revision')).rejects.toBeInstanceOf(
          RevisionConflict,
        );
        expect(await state.get(owner, collection, 'k')).toBeUndefined();
        const first = await state.put(owner, collection, 'k', 1, null);
        await expect(state.put(owner, collection, 'k', 2, null)).rejects.toBeInstanceOf(RevisionConflict);
        const second = await state.put(owner, collection, 'k', 2, first);
        await expect(state.put(owner, collection, 'k', 3, first)).rejects.toBeInstanceOf(RevisionConflict);
        expect(await state.get(owner, collection, 'k')).toMatchObject({ value: 2, revision: second });
      });

      it('never takes a removed entry’s revision for that of its successor', async () => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        const first = await state.put(owner, collection, 'k', 1);
        await state.remove(owner, collection, 'k');
        expect(await state.get(owner, collection, 'k')).toBeUndefined();
        expect(await state.list(owner, collection, { limit: 10 })).toEqual([]);
        await expect(state.put(owner, collection, 'k', 2, first)).rejects.toBeInstanceOf(RevisionConflict);
        await state.put(owner, collection, 'k', 2, null);
        await expect(state.put(owner, collection, 'k', 3, first)).rejects.toBeInstanceOf(RevisionConflict);
        await state.remove(owner, collection, 'k');
        await state.remove(owner, collection, 'k');
        await state.remove(owner, freshCollection(), 'never there');
      });

      it.each([
        ['create', null],
        ['change', 'stored'],
      ])('lets one of ten that %s the same entry at once win', async (_, expected) => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        const revision = expected === null ? null : await state.put(owner, collection, 'k', 'before');
        const outcomes = await Promise.allSettled(
          Array.from({ length: 10 }, (_, at) => state.put(owner, collection, 'k', at, revision)),
        );
        const winners = outcomes.flatMap((outcome, at) =>
          outcome.status === 'fulfilled' ? [{ value: at, revision: outcome.value }] : [],
        );
        expect(winners).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RevisionConflict);
        }
        expect(await state.get(owner, collection, 'k')).toMatchObject(winners[0]!);
      });

      it('lists a collection by key in UTF-8 bytes, page by page, each write seen at once', async () => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        const keys = [
          'b',
          'a',
          'a/b',
          'a b',
          'B',
          'é',
          '\uff5e',
          '😀',
          '10',
          '9',
          '__proto__',
          'a\0',
          'k'.repeat(512),
        ];
        for (const key of keys) await state.put(owner, collection, key, { key });
        await state.put(owner, freshCollection(), 'elsewhere', 1);
        const sorted = [...keys].sort(compareBytes);
        for (const limit of [1, 4, 13, 100]) {
          const walked: string[] = [];
          for (;;) {
            const after = walked.at(-1);
            const page = await state.list(owner, collection, {
              limit,
              ...(after !== undefined && { after }),
            });
            expect(page.length).toBeLessThanOrEqual(limit);
            walked.push(...page.map(({ key }) => key));
            if (page.length < limit || walked.length > keys.length) break;
          }
          expect(walked).toEqual(sorted);
        }
        for (const entry of await state.list(owner, collection, { limit: 100 })) {
          expect(entry).toEqual(await state.get(owner, collection, entry.key));
          expect(entry.value).toEqual({ key: entry.key });
        }
      });

      it('keeps apart entries whose collection and key read alike when joined', async () => {
        const { state } = subject();
        const [owner, base] = [freshOwner(), freshCollection()];
        const places = [
          [base, 'a/b'],
          [`${base}/a`, 'b'],
          [base, 'a:b'],
          [`${base}:a`, 'b'],
          [base, 'a\0b'],
          [`${base}\0a`, 'b'],
          [base, ''],
        ] as const;
        for (const [at, [collection, key]] of places.entries()) await state.put(owner, collection, key, at);
        for (const [at, [collection, key]] of places.entries()) {
          expect((await state.get(owner, collection, key))!.value).toBe(at);
        }
      });

      it('takes many writes at once', async () => {
        const { state } = subject();
        const [owner, collection] = [freshOwner(), freshCollection()];
        await Promise.all(Array.from({ length: 50 }, (_, at) => state.put(owner, collection, `k${at}`, at)));
        expect(await state.list(owner, collection, { limit: 100 })).toHaveLength(50);
      });
    });

    it('keeps tenants and the installation apart', async () => {
      const { state } = subject();
      const collection = freshCollection();
      const [left, right] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
      const revision = await state.put(left, collection, 'k', 'left', null);
      await state.put(right, collection, 'k', 'right', null);
      await state.put('system', collection, 'k', 'system', null);
      await state.remove(right, collection, 'k');
      expect(await state.get(left, collection, 'k')).toEqual({
        tenantId: left.tenantId,
        key: 'k',
        value: 'left',
        revision,
      });
      expect(await state.get(right, collection, 'k')).toBeUndefined();
      expect(await state.list(right, collection, { limit: 10 })).toEqual([]);
      expect((await state.get('system', collection, 'k'))!.value).toBe('system');
      expect((await state.list('system', collection, { limit: 10 })).map(({ value }) => value)).toEqual([
        'system',
      ]);
    });

    it('keeps the installation apart from tenants that are named like it', async () => {
      const { state } = subject();
      const collection = freshCollection();
      const tenants = ['system', 'all', 'null', 'control', '__proto__'];
      await state.put('system', collection, 'k', 'installation');
      for (const tenantId of tenants)
        await state.put(scopes.operator(tenantId), collection, 'k', tenantId, null);
      expect((await state.list('system', collection, { limit: 10 })).map(({ value }) => value)).toEqual([
        'installation',
      ]);
      for (const tenantId of tenants) {
        const listed = await state.list(scopes.operator(tenantId), collection, { limit: 10 });
        expect(listed).toEqual([{ tenantId, key: 'k', value: tenantId, revision: expect.any(String) }]);
      }
    });

    it('gives a tenant its state whatever the principals of the scope', async () => {
      const { state } = subject();
      const collection = freshCollection();
      const tenantId = freshTenant();
      await state.put(scopes.reader(tenantId, ['user:a']), collection, 'k', 1);
      expect((await state.get(scopes.operator(tenantId), collection, 'k'))!.value).toBe(1);
      expect((await state.get(scopes.reader(tenantId), collection, 'k'))!.value).toBe(1);
    });

    it('walks every tenant, and not the installation, where all are asked for', async () => {
      const { state } = subject();
      const collection = freshCollection();
      const tenants = [freshTenant(), freshTenant(), freshTenant()];
      for (const [at, tenantId] of tenants.entries()) {
        await state.put(scopes.operator(tenantId), collection, `b${at}`, at);
        await state.put(scopes.operator(tenantId), collection, `a${at}`, at);
      }
      await state.put('system', collection, 'system', 1);
      const expected = ['a0', 'a1', 'a2', 'b0', 'b1', 'b2'].map((key) => ({
        key,
        tenantId: tenants[Number(key[1])],
      }));
      const short = (entries: readonly { key: string; tenantId?: string }[]) =>
        entries.map(({ key, tenantId }) => ({ key, tenantId }));
      expect(short(await state.list('all', collection, { limit: 100 }))).toEqual(expected);
      const first = await state.list('all', collection, { limit: 4 });
      expect(short(first)).toEqual(expected.slice(0, 4));
      expect(short(await state.list('all', collection, { limit: 4, after: 'b0' }))).toEqual(
        expected.slice(4),
      );
    });
  });
}
