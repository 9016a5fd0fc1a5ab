import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import { type ContractSubject, openForBlock } from './contract-subject.ts';
import { buildTombstone, drawUnitVector, storeDocuments } from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';

/** What every adapter that removes tenants must do; its test is a call to this. */
export function describeTenantRemovalContract(name: string, open: () => Promise<ContractSubject>): void {
  describe(`${name}: removal of a tenant`, () => {
    const subject = openForBlock(open);

    const fill = async (scope: Scope) => {
      await storeDocuments(subject(), scope, [
        { documentId: 'a', chunks: ['shared one', 'shared two'], access: { allow: ['user:x'] } },
        { documentId: 'b', chunks: ['shared one'] },
      ]);
      await subject().documents.replace(scope, {
        record: buildTombstone(scope.tenantId, 'gone', 3n),
        expected: undefined,
      });
      await subject().state.put(scope, 'jobs', 'j1', 1);
      await subject().state.put(scope, 'jobs', 'j2', 2);
      await subject().state.put(scope, 'positions', 'p', 3);
      await subject().documents.refresh(scope);
    };

    const find = async (scope: Scope) => {
      const { lexical, dense } = await subject().engine.find(scope, {
        lexical: { text: 'shared', fields: { title: 1, text: 1 }, candidates: 100 },
        dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 100 },
      });
      return [lexical!.hits.length, dense!.hits.length];
    };

    it('removes and counts everything of it and nothing of others', async () => {
      const { documents, state } = subject();
      const [left, right] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
      await fill(left);
      await fill(right);
      expect(await find(left)).toEqual([3, 3]);

      // The principals of the scope narrow what is read, not what is removed.
      const nobody = scopes.reader(left.tenantId);
      expect(await state.removeTenant!(nobody)).toEqual({ jobs: 2, positions: 1 });
      expect(await documents.removeTenant!(nobody)).toEqual({ documents: 3, chunks: 3, vectors: 2 });

      expect(await find(left)).toEqual([0, 0]);
      expect(await documents.record(left, 'a')).toBeUndefined();
      expect(await documents.record(left, 'gone')).toBeUndefined();
      expect(await documents.chunks(left, 'a')).toEqual([]);
      expect((await documents.list(left, { limit: 10, deleted: true })).records).toEqual([]);
      for (const collection of ['jobs', 'positions']) {
        expect(await state.list(left, collection, { limit: 10 })).toEqual([]);
      }
      expect(await state.get(left, 'jobs', 'j1')).toBeUndefined();

      expect(await find(right)).toEqual([3, 3]);
      expect(await state.list(right, 'jobs', { limit: 10 })).toHaveLength(2);
      expect((await documents.list(right, { limit: 10, deleted: true })).records).toHaveLength(3);
    });

    it('finds nothing the second time, and nothing where there never was a tenant', async () => {
      const { documents, state } = subject();
      const scope = scopes.operator(freshTenant());
      await fill(scope);
      for (const round of ['first', 'second']) {
        const removed = await state.removeTenant!(scope);
        expect(removed, round).toEqual(round === 'first' ? { jobs: 2, positions: 1 } : {});
        const counts = await documents.removeTenant!(scope);
        expect(counts.documents, round).toBe(round === 'first' ? 3 : 0);
      }
      const never = scopes.operator(freshTenant());
      expect(await documents.removeTenant!(never)).toEqual({ documents: 0, chunks: 0, vectors: 0 });
    });

    it('leaves a tenant that can be written anew, from the first version', async () => {
      const { documents, state } = subject();
      const scope = scopes.operator(freshTenant());
      await fill(scope);
      await state.removeTenant!(scope);
      await documents.removeTenant!(scope);
      await storeDocuments(subject(), scope, [{ documentId: 'a', chunks: ['shared anew'] }]);
      await documents.refresh(scope);
      expect(await find(scope)).toEqual([1, 1]);
      expect((await documents.chunks(scope, 'a')).map(({ text }) => text)).toEqual(['shared anew']);
    });
  });
}
