import { describe, expect, it } from 'vitest';
import { RevisionConflict } from '../../domain/errors.ts';
import type { CurrentSubject } from './contract-subject.ts';
import { deleteDocument, putDocument } from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';
import { viewTenant } from './tenant-view.ts';

/** The methods that not every store needs: reading parents, and forgetting documents. */
export function describeForget(subject: CurrentSubject): void {
  describe('parents', () => {
    it('are read by ordinal for who may read the document', async () => {
      const { documents } = subject();
      if (documents.parents === undefined) return;
      const scope = scopes.operator(freshTenant());
      const parents = [0, 1, 2].map((ordinal) => ({
        ordinal,
        start: ordinal * 10,
        end: ordinal * 10 + 9,
        text: `parent ${ordinal}`,
      }));
      await putDocument(subject(), scope, { documentId: 'a', parents, access: { allow: ['user:a'] } });
      expect(await documents.parents(scope, 'a')).toEqual(parents);
      expect(await documents.parents(scopes.reader(scope.tenantId, ['user:b']), 'a')).toEqual([]);
      expect(await documents.parents(scope, 'none')).toEqual([]);
    });
  });

  describe('forget', () => {
    it('leaves nothing of a deleted document, which may then come anew', async () => {
      const { documents } = subject();
      if (documents.forget === undefined) return;
      const scope = scopes.operator(freshTenant());
      await putDocument(subject(), scope, { documentId: 'a', chunks: ['needle one', 'needle two'] });
      await deleteDocument(subject(), scope, 'a');
      const { revision } = (await documents.record(scope, 'a'))!;
      await documents.forget(scope, 'a', revision);
      await documents.refresh(scope);
      expect(await documents.record(scope, 'a')).toBeUndefined();
      expect(await documents.list(scope, { limit: 10, deleted: true })).toEqual({ records: [] });
      await putDocument(subject(), scope, { documentId: 'a', chunks: ['needle three'], version: 1n });
      const { lexical, dense } = await viewTenant(subject(), scope, 'needle');
      expect([lexical.length, dense.length]).toEqual([1, 1]);
    });

    it('refuses a live document, and one that was changed since it was read', async () => {
      const { documents } = subject();
      if (documents.forget === undefined) return;
      const scope = scopes.operator(freshTenant());
      await putDocument(subject(), scope, { documentId: 'a' });
      const live = (await documents.record(scope, 'a'))!;
      await expect(documents.forget(scope, 'a', live.revision)).rejects.toThrow(RevisionConflict);
      await deleteDocument(subject(), scope, 'a');
      await expect(documents.forget(scope, 'a', live.revision)).rejects.toThrow(RevisionConflict);
      await expect(documents.forget(scope, 'none', live.revision)).rejects.toThrow(RevisionConflict);
      expect((await documents.record(scope, 'a'))!.record.content!.deleted).toBe(true);
    });
  });
}
