import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildRecord,
  type DocumentSketch,
  drawUnitVector,
  putRecord,
  storeDocuments,
} from './document-builder.ts';
import { freshStrictTenant, freshTenant, scopes } from './scopes.ts';

const timeoutMs = 60_000;
const parents = [{ ordinal: 0, text: 'common', start: 0, end: 6 }];
const past = '2001-01-01T00:00:00.000Z';
const future = '2999-01-01T00:00:00.000Z';

/** Expiry: what has ended is on no path, from its time on and without anything being written. */
export function describeExpiry(subject: CurrentSubject): void {
  describe('expiry', () => {
    it.each([
      ['optional', freshTenant, ['user:a']],
      ['optional, to a reader without principals', freshTenant, []],
      ['required', freshStrictTenant, ['user:a']],
    ] as const)(
      'leaves what has expired out of each path, where access lists are %s',
      async (_, tenant, principals) => {
        const tenantId = tenant();
        const access = { allow: [...principals, 'user:z'] };
        const list = (documentId: string, expiresAt?: string): DocumentSketch => ({
          documentId,
          chunks: [{ text: `common text of ${documentId}`, parentOrdinal: 0 }],
          parents,
          metadata: { name: documentId },
          ...(principals.length > 0 && { access }),
          ...(expiresAt !== undefined && { expiresAt }),
        });
        const ids = ['for-ever', 'long', 'over'];
        const times = [undefined, future, past];
        await storeDocuments(
          subject(),
          scopes.operator(tenantId),
          ids.map((id, at) => list(id, times[at])),
        );
        expect(await shownTo(subject, scopes.reader(tenantId, principals), ids)).toEqual(
          everywhere(['for-ever', 'long']),
        );
        // As with access lists: an operator sees what is stored, to lengthen or delete it.
        expect(await shownTo(subject, scopes.operator(tenantId), ids)).toEqual(everywhere(ids));
      },
      timeoutMs,
    );

    it(
      'ends at its time without a write, to the reader of a tenant without access lists',
      async () => {
        const tenantId = freshTenant();
        const scope = scopes.reader(tenantId);
        const ids = ['going', 'staying'];
        const endsAt = Date.now() + 2_500;
        await storeDocuments(subject(), scope, [
          {
            documentId: 'going',
            chunks: ['common'],
            parents,
            metadata: { name: 'going' },
            expiresAt: isoOf(endsAt),
          },
          { documentId: 'staying', chunks: ['common'], parents, metadata: { name: 'staying' } },
        ]);
        const before = await shownTo(subject, scope, ids);
        if (Date.now() < endsAt) expect(before).toEqual(everywhere(ids));
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, endsAt - Date.now()) + 5));
        expect(await shownTo(subject, scope, ids)).toEqual(everywhere(['staying']));
      },
      timeoutMs,
    );

    it(
      'comes and goes with the record alone: the chunks stay',
      async () => {
        const tenantId = freshTenant();
        const scope = scopes.reader(tenantId);
        const sketch = { documentId: 'a', chunks: ['common'], parents, metadata: { name: 'a' } };
        await storeDocuments(subject(), scope, [sketch]);
        for (const [at, expiresAt] of [past, future, past, undefined].entries()) {
          const version = BigInt(at + 2);
          await putRecord(
            subject(),
            scope,
            buildRecord(tenantId, { ...sketch, version, ...(expiresAt !== undefined && { expiresAt }) }),
          );
          await subject().documents.refresh(scope);
          expect(await shownTo(subject, scope, ['a']), expiresAt).toEqual(
            everywhere(expiresAt === past ? [] : ['a']),
          );
        }
        const stored = await subject().documents.record(scope, 'a');
        expect(stored!.record.expiry).toBeUndefined();
        expect(typeof stored!.record.content!.version).toBe('bigint');
      },
      timeoutMs,
    );

    it('keeps the record of what has expired, its time too, for its writer', async () => {
      const scope = scopes.reader(freshTenant());
      await storeDocuments(subject(), scope, [{ documentId: 'a', expiresAt: past, version: 7n }]);
      const { record } = (await subject().documents.record(scope, 'a'))!;
      expect(record.expiry).toMatchObject({ value: past, version: 7n });
    });

    it('fills both legs although everything nearer has expired', async () => {
      const scope = scopes.reader(freshTenant());
      const gone = Array.from({ length: 60 }, (_, at) => ({
        documentId: `gone ${at}`,
        chunks: ['needle needle needle'],
        expiresAt: past,
      }));
      const left = Array.from({ length: 5 }, (_, at) => ({
        documentId: `left ${at}`,
        chunks: [`needle among many other words ${at}`],
      }));
      await storeDocuments(subject(), scope, [...gone, ...left]);
      const found = await subject().engine.find(scope, {
        lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 5 },
        dense: { vector: drawUnitVector('needle needle needle', subject().dimensions), candidates: 5 },
      });
      const wanted = left.map(({ documentId }) => documentId);
      for (const leg of [found.lexical, found.dense]) {
        expect(leg!.hits.map(({ documentId }) => documentId).sort()).toEqual(wanted);
      }
    });
  });
}

function everywhere(ids: readonly string[]) {
  const values = ids.map((value) => ({ value, documents: 1 }));
  return {
    lexical: ids,
    dense: ids,
    facets: [{ key: 'name', values }],
    facetsOfText: [{ key: 'name', values }],
    fetched: ids,
    features: ids,
    parents: ids,
    listed: ids,
    chunks: ids,
  };
}

/** What each path shows of these documents, whose key `name` is their id. */
async function shownTo(subject: CurrentSubject, scope: Scope, ids: readonly string[]) {
  const { engine, documents, dimensions } = subject();
  const lexical = { text: 'common', fields: { title: 1, text: 1 }, candidates: 100 };
  const dense = { vector: drawUnitVector('query', dimensions), candidates: 100 };
  const facets = [{ key: 'name' }];
  const found = await engine.find(scope, { lexical, dense, facets });
  const counted = await engine.find(scope, { lexical, facets, facetsMatchText: true });
  const everything = await engine.find(scopes.operator(scope.tenantId), { dense });
  const fetched = await engine.fetch(scope, everything.dense!.hits, { parents: true });
  const features = await engine.features(scope, everything.dense!.hits, { vectors: true });
  const listed = await documents.list(scope, { limit: 100, deleted: false });
  const withParents: string[] = [];
  for (const id of ids) {
    const found = await documents.parents?.(scope, id);
    if (found === undefined || found.length > 0) withParents.push(id);
  }
  const nameOf = new Map(everything.dense!.hits.map(({ chunkId, documentId }) => [chunkId, documentId]));
  const withChunks: string[] = [];
  for (const id of ids) if ((await documents.chunks(scope, id)).length > 0) withChunks.push(id);
  const idsOf = (hits: readonly { readonly documentId: string }[]) =>
    hits.map(({ documentId }) => documentId).sort();
  return {
    lexical: idsOf(found.lexical!.hits),
    dense: idsOf(found.dense!.hits),
    facets: found.facets,
    facetsOfText: counted.facets,
    fetched: idsOf(fetched),
    features: features.map(({ chunkId }) => nameOf.get(chunkId)!).sort(),
    // A store need not have them; where it has, they are shown like chunks.
    parents: documents.parents === undefined ? idsOf(listed.records) : withParents.sort(),
    listed: idsOf(listed.records),
    chunks: withChunks,
  };
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}
