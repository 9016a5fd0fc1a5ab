import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildChunks,
  type DocumentSketch,
  deleteDocument,
  putDocument,
  storeDocuments,
} from './document-builder.ts';
import { compareBytes } from './oracle.ts';
import { freshTenant, scopes } from './scopes.ts';

const timeoutMs = 60_000;

/** Listing documents and looking up vectors. */
export function describeReads(subject: CurrentSubject): void {
  describe('list', () => {
    const walk = async (scope: Scope, limit: number, deleted: boolean) => {
      const pages: string[][] = [];
      let after: string | undefined;
      do {
        const page = await subject().documents.list(scope, {
          limit,
          deleted,
          ...(after !== undefined && { after }),
        });
        expect(page.records.length).toBeLessThanOrEqual(limit);
        pages.push(page.records.map(({ documentId }) => documentId));
        after = page.next;
        if (pages.length > 100) throw new Error('Expected the list to end within 100 pages');
      } while (after !== undefined);
      return pages;
    };

    it('walks all documents by documentId in UTF-8 bytes, page by page', async () => {
      const scope = scopes.operator(freshTenant());
      const ids = [
        'Z',
        'a',
        'a b',
        'a/b',
        'ab',
        'B',
        'é',
        'e\u0301',
        '\uff5e',
        '😀',
        '10',
        '9',
        '2',
        'a\0',
        '~',
      ];
      await storeDocuments(
        subject(),
        scope,
        ids.map((documentId) => ({ documentId })),
      );
      const sorted = [...ids].sort(compareBytes);
      for (const limit of [1, 2, 4, 15, 16, 1_000]) {
        const pages = await walk(scope, limit, false);
        expect(pages.flat()).toEqual(sorted);
        expect(pages[0]).toHaveLength(Math.min(limit, sorted.length));
      }
    });

    it('goes on after an id that is not stored', async () => {
      const scope = scopes.operator(freshTenant());
      await storeDocuments(
        subject(),
        scope,
        ['a', 'c', 'e'].map((documentId) => ({ documentId })),
      );
      const idsAfter = async (id: string) =>
        (await subject().documents.list(scope, { limit: 10, deleted: false, after: id })).records.map(
          ({ documentId }) => documentId,
        );
      expect(await idsAfter('b')).toEqual(['c', 'e']);
      expect(await idsAfter('c')).toEqual(['e']);
      expect(await idsAfter('e')).toEqual([]);
      expect(await idsAfter('😀')).toEqual([]);
    });

    it('shows tombstones where asked for, and only there', async () => {
      const scope = scopes.operator(freshTenant());
      await storeDocuments(
        subject(),
        scope,
        ['a', 'b', 'c', 'd'].map((documentId) => ({ documentId })),
      );
      await deleteDocument(subject(), scope, 'b');
      await deleteDocument(subject(), scope, 'd');
      await deleteDocument(subject(), scope, 'never came');
      await subject().documents.refresh(scope);
      expect((await walk(scope, 2, false)).flat()).toEqual(['a', 'c']);
      expect((await walk(scope, 2, true)).flat()).toEqual(['a', 'b', 'c', 'd', 'never came']);
      const { records } = await subject().documents.list(scope, { limit: 10, deleted: true });
      expect(records.map(({ content }) => content!.deleted)).toEqual([false, true, false, true, true]);
    });

    it(
      'fills its pages although forbidden documents stand between',
      async () => {
        const tenantId = freshTenant();
        const sketches = Array.from(
          { length: 40 },
          (_, at): DocumentSketch => ({
            documentId: String(at).padStart(2, '0'),
            ...(at % 4 !== 0 && { access: { allow: ['user:b'] } }),
          }),
        );
        await storeDocuments(subject(), scopes.operator(tenantId), sketches);
        const pages = await walk(scopes.reader(tenantId, ['user:a']), 3, false);
        expect(pages.flat()).toEqual(['00', '04', '08', '12', '16', '20', '24', '28', '32', '36']);
      },
      timeoutMs,
    );
  });

  describe('vectors', () => {
    it('returns the stored ones exactly, by fingerprint, and leaves out the others', async () => {
      const scope = scopes.operator(freshTenant());
      const sketch = { documentId: 'a', chunks: ['one', 'two', 'three'] };
      await storeDocuments(subject(), scope, [sketch]);
      const embedded = buildChunks(scope.tenantId, sketch, subject().dimensions);
      const asked = [...embedded.map(({ fingerprint }) => fingerprint), 'f'.repeat(64)];
      const found = await subject().documents.vectors(scope, asked);
      expect(found.size).toBe(3);
      for (const { fingerprint, vector } of embedded) {
        expect(found.get(fingerprint)).toBeInstanceOf(Float32Array);
        expect([...found.get(fingerprint)!]).toEqual([...vector]);
      }
      expect((await subject().documents.vectors(scope, [])).size).toBe(0);
    });

    it('sees a write at once, without a refresh', async () => {
      const scope = scopes.operator(freshTenant());
      const sketch = { documentId: 'a', chunks: ['one'] };
      await putDocument(subject(), scope, sketch);
      const { fingerprint } = buildChunks(scope.tenantId, sketch, subject().dimensions)[0]!;
      expect((await subject().documents.vectors(scope, [fingerprint])).size).toBe(1);
    });

    it('keeps a vector while any chunk has its fingerprint', async () => {
      const scope = scopes.operator(freshTenant());
      const { dimensions, documents, engine } = subject();
      const shared = { documentId: 'a', chunks: ['shared', 'own'] };
      await storeDocuments(subject(), scope, [shared, { documentId: 'b', chunks: ['shared', 'shared'] }]);
      const { fingerprint, vector } = buildChunks(scope.tenantId, shared, dimensions)[0]!;
      await deleteDocument(subject(), scope, 'a');
      await putDocument(subject(), scope, { documentId: 'b', chunks: ['other', 'shared'], version: 2n });
      await documents.refresh(scope);
      expect([...(await documents.vectors(scope, [fingerprint])).get(fingerprint)!]).toEqual([...vector]);
      const { dense } = await engine.find(scope, { dense: { vector, candidates: 10 } });
      expect(dense!.hits).toHaveLength(2);
      expect(dense!.hits[0]).toMatchObject({ documentId: 'b', ordinal: 1 });
      expect(dense!.hits[0]!.score).toBeCloseTo(1, 4);
    });

    it('has those of a replacement, and of a document that comes back', async () => {
      const scope = scopes.operator(freshTenant());
      const { dimensions, documents } = subject();
      const stored = async (sketch: DocumentSketch) => {
        await putDocument(subject(), scope, sketch);
        const fingerprints = buildChunks(scope.tenantId, sketch, dimensions).map(
          ({ fingerprint }) => fingerprint,
        );
        return (await documents.vectors(scope, fingerprints)).size;
      };
      expect(await stored({ documentId: 'a', chunks: ['one'] })).toBe(1);
      expect(await stored({ documentId: 'a', chunks: ['two', 'three'], version: 2n })).toBe(2);
      await deleteDocument(subject(), scope, 'a', 3n);
      expect(await stored({ documentId: 'a', chunks: ['one', 'four'], version: 4n })).toBe(2);
    });

    it('keeps those of the chunks that remain when a document shrinks', async () => {
      const scope = scopes.operator(freshTenant());
      const before = { documentId: 'a', chunks: Array.from({ length: 10 }, (_, at) => `text ${at}`) };
      const after = { documentId: 'a', chunks: ['text 8', 'text 2', 'text 5'], version: 2n };
      await putDocument(subject(), scope, before);
      await putDocument(subject(), scope, after);
      const fingerprints = buildChunks(scope.tenantId, after, subject().dimensions).map(
        ({ fingerprint }) => fingerprint,
      );
      expect((await subject().documents.vectors(scope, fingerprints)).size).toBe(3);
    });

    it(
      'looks up thousands at once',
      async () => {
        const scope = scopes.operator(freshTenant());
        const sketch = { documentId: 'a', chunks: Array.from({ length: 1_500 }, (_, at) => `text ${at}`) };
        await putDocument(subject(), scope, sketch);
        const stored = buildChunks(scope.tenantId, sketch, subject().dimensions).map(
          ({ fingerprint }) => fingerprint,
        );
        const absent = Array.from({ length: 3_500 }, (_, at) => at.toString(16).padStart(64, '0'));
        const found = await subject().documents.vectors(scope, [...absent, ...stored]);
        expect(new Set(found.keys())).toEqual(new Set(stored));
      },
      timeoutMs,
    );
  });
}
