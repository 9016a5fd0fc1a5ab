import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApiKeys } from '../../identity/api-keys.ts';
import { createAuditLog } from '../../identity/audit-log.ts';
import { guardDocuments, guardState } from '../../identity/guarded-writes.ts';
import { createTenantDeletions } from '../../identity/tenant-deletion.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { buildRecord, storeDocuments } from '../search-engine/document-builder.ts';
import { scopes } from '../search-engine/scopes.ts';
import { openSubject } from '../search-engine/sqlite/sqlite-subject.ts';

async function open(change: (documents: DocumentStore) => DocumentStore = (documents) => documents) {
  const subject = await openSubject();
  const folder = mkdtempSync(join(tmpdir(), 'braid-audit-'));
  const audit = createAuditLog({
    folder,
    reads: true,
    onFailure: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await audit.flush();
    await subject.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const keys = createApiKeys(subject.state);
  const deletionsOver = (documents: DocumentStore) =>
    createTenantDeletions({ documents, state: subject.state, keys, audit, scopeOf: scopes.operator });
  return { subject, folder, audit, keys, deletionsOver, deletions: deletionsOver(change(subject.documents)) };
}

const left = scopes.operator('left');

describe('createTenantDeletions', () => {
  it('removes and counts documents, chunks, vectors, state, keys and audited reads', async () => {
    const { subject, audit, keys, deletions } = await open();
    await storeDocuments(subject, left, [
      { documentId: 'a', chunks: ['one', 'two'] },
      { documentId: 'b', chunks: ['one'] },
    ]);
    await storeDocuments(subject, scopes.operator('right'), [{ documentId: 'a', chunks: ['one'] }]);
    await subject.state.put(left, 'dead-letters', 'd', 1);
    const { key } = await keys.create({ tenantId: 'left', roles: ['search'] });
    const other = await keys.create({ tenantId: 'right', roles: ['search'] });
    for (const tenantId of ['left', 'left', 'right'])
      audit.read({ actor: 'key:x', action: 'read', tenantId });

    expect(await deletions.delete('left')).toMatchObject({
      state: 'done',
      removed: {
        documents: 2,
        chunks: 3,
        vectors: 2,
        state: { 'dead-letters': 1 },
        keys: 1,
        auditedReads: 2,
        invocationLogs: 0,
      },
    });
    await expect(keys.verify(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    await keys.verify(other.key);
    expect(await deletions.unfinished()).toEqual([]);
    const rest = await subject.documents.list(scopes.operator('right'), { limit: 9, deleted: true });
    expect(rest.records).toHaveLength(1);
    expect(await audit.removeReadsOf('right')).toBe(1);
  });

  it('goes on after a crash with the counts that it has, and keeps writers out until it is done', async () => {
    let crashes = 1;
    const { subject, deletions, deletionsOver } = await open((documents) => ({
      ...documents,
      removeTenant: async (scope) => {
        if (crashes-- > 0) throw new Error('killed');
        return documents.removeTenant!(scope);
      },
    }));
    await storeDocuments(subject, left, [{ documentId: 'a' }]);
    await expect(deletions.delete('left')).rejects.toThrow('killed');
    expect(await deletions.unfinished()).toEqual(['left']);

    const elsewhere = deletionsOver(subject.documents);
    const guarded = guardDocuments(subject.documents, elsewhere);
    const write = { record: buildRecord('left', { documentId: 'late' }), expected: undefined };
    await expect(guarded.replace(left, write)).rejects.toMatchObject({ code: 'tenant_deleting' });
    await expect(guarded.forget!(left, 'late', 'r')).rejects.toMatchObject({ code: 'tenant_deleting' });
    const state = guardState(subject.state, elsewhere);
    await expect(state.put(left, 'jobs', 'late', 1)).rejects.toMatchObject({ code: 'tenant_deleting' });
    await state.put('system', 'anything', 'k', 1);

    expect(await elsewhere.delete('left')).toMatchObject({ state: 'done', removed: { documents: 1 } });
    await guarded.replace(left, write);
  }, 20_000);

  it('ends where somebody with a token goes on reading, and each read is written down', async () => {
    const { subject, audit, keys } = await open();
    const readers = { ...audit, removeReadsOf: async () => 1 };
    const deletions = createTenantDeletions({
      documents: subject.documents,
      state: subject.state,
      keys,
      audit: readers,
      scopeOf: scopes.operator,
    });
    expect(await deletions.delete('left')).toMatchObject({ state: 'done', removed: { auditedReads: 1 } });
  });

  it('removes more audited reads than one string can hold', async () => {
    const { folder, audit } = await open();
    const file = join(folder, 'reads-left.jsonl');
    writeFileSync(file, '{}\n{}\n');
    // No block of the rest is on the disk.
    truncateSync(file, 2 ** 29);
    expect(await audit.removeReadsOf('left')).toBe(2);
    expect(existsSync(file)).toBe(false);
  });

  it('leaves nothing behind where it is written to all along', async () => {
    const { subject, deletions, deletionsOver } = await open();
    // A writer of another process, which hears of the deletion by the state alone.
    const guarded = guardDocuments(subject.documents, deletionsOver(subject.documents));
    const codes = new Map<string, number>();
    let isRunning = true;
    const writing = (async () => {
      for (let at = 0; isRunning; at += 1) {
        const record = buildRecord('left', { documentId: `d${at}` });
        const code = await guarded.replace(left, { record, expected: undefined }).then(
          () => 'written',
          (error: { code: string }) => error.code,
        );
        // What is written once the deletion has ended is the tenant's new life.
        if (code === 'written' && codes.has('tenant_deleting')) return;
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (code !== 'written') await new Promise((resolve) => setTimeout(resolve, 5));
        if (code === 'tenant_deleting' && (codes.get(code) ?? 0) > 300) return;
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const deleting = deletions.delete('left').then((deletion) => {
      isRunning = false;
      return deletion;
    });
    await writing;
    const { removed } = await deleting;
    expect(codes.get('tenant_deleting')).toBeGreaterThan(0);
    // Written before it began, or within the moment in which it was not heard of.
    expect(removed.documents).toBe(codes.get('written'));
  }, 20_000);
});
