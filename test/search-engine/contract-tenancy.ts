import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildChunks,
  buildRecord,
  type DocumentSketch,
  deleteDocument,
  drawUnitVector,
  putRecord,
  storeDocuments,
} from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';

const timeoutMs = 120_000;

/** Tenancy: nothing of one tenant is seen, counted or disturbed by another. */
export function describeTenancy(subject: CurrentSubject): void {
  describe('tenancy', () => {
    const find = (scope: Scope, text = 'shared') =>
      subject().engine.find(scope, {
        lexical: { text, fields: { title: 1, text: 1 }, candidates: 100 },
        dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 100 },
        facets: [{ key: 'owner' }],
      });

    it('keeps two tenants with the same ids and texts apart on every path', async () => {
      const [left, right] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
      const sketches = (owner: string, ids: string[]): DocumentSketch[] =>
        ids.map((documentId) => ({
          documentId,
          title: `title of ${owner}`,
          metadata: { owner },
          chunks: [`shared text of ${documentId}`, `${owner} alone ${documentId}`],
        }));
      await storeDocuments(subject(), left, sketches('left', ['a', 'b', 'c']));
      await storeDocuments(subject(), right, sketches('right', ['a', 'b']));

      for (const [scope, owner, count] of [
        [left, 'left', 3],
        [right, 'right', 2],
      ] as const) {
        const found = await find(scope);
        expect(found.lexical!.hits).toHaveLength(count);
        expect(found.dense!.hits).toHaveLength(count * 2);
        expect(found.facets).toEqual([{ key: 'owner', values: [{ value: owner, documents: count }] }]);
        const shown = await subject().engine.fetch(scope, [...found.lexical!.hits, ...found.dense!.hits], {
          parents: false,
        });
        expect(new Set(shown.map(({ metadata }) => metadata.owner))).toEqual(new Set([owner]));
        expect(shown).toHaveLength(count * 3);
        const listed = await subject().documents.list(scope, { limit: 100, deleted: true });
        expect(listed.records.map(({ tenantId, documentId }) => [tenantId, documentId])).toEqual(
          ['a', 'b', 'c'].slice(0, count).map((documentId) => [scope.tenantId, documentId]),
        );
        const chunks = await subject().documents.chunks(scope, 'a');
        expect(chunks.map(({ text }) => text)).toEqual(['shared text of a', `${owner} alone a`]);
        expect((await subject().documents.record(scope, 'a'))!.record.content!.title).toBe(
          `title of ${owner}`,
        );
      }
      expect((await find(left, 'right')).lexical!.hits).toEqual([]);
      expect(await subject().documents.record(right, 'c')).toBeUndefined();
      expect(await subject().documents.chunks(right, 'c')).toEqual([]);
    });

    it('fetches nothing of another tenant, even by its chunk ids', async () => {
      const [owner, stranger] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
      await storeDocuments(subject(), owner, [{ documentId: 'a', chunks: ['shared'] }]);
      await storeDocuments(subject(), stranger, [
        { documentId: 'a', chunks: ['shared'] },
        { documentId: 'b' },
      ]);
      const { hits } = (await find(owner)).lexical!;
      expect(await subject().engine.fetch(owner, hits, { parents: true })).toHaveLength(1);
      expect(await subject().engine.fetch(stranger, hits, { parents: true })).toEqual([]);
      const disguised = hits.map(({ chunkId }) => ({ chunkId, documentId: 'b' }));
      expect(await subject().engine.fetch(stranger, disguised, { parents: true })).toEqual([]);
    });

    it('tells no tenant which vectors another holds', async () => {
      const [owner, stranger] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
      const sketch = { documentId: 'a', chunks: ['secret text'] };
      await storeDocuments(subject(), owner, [sketch]);
      await storeDocuments(subject(), stranger, [{ documentId: 'a', chunks: ['own text'] }]);
      const { fingerprint } = buildChunks(owner.tenantId, sketch, subject().dimensions)[0]!;
      expect([...(await subject().documents.vectors(owner, [fingerprint])).keys()]).toEqual([fingerprint]);
      expect((await subject().documents.vectors(stranger, [fingerprint])).size).toBe(0);
    });

    it("leaves one tenant's documents when another's of the same id changes or goes", async () => {
      const [left, right] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
      const sketch: DocumentSketch = { documentId: 'a', chunks: ['shared'], metadata: { owner: 'before' } };
      await storeDocuments(subject(), left, [sketch]);
      await storeDocuments(subject(), right, [sketch]);
      await putRecord(
        subject(),
        left,
        buildRecord(left.tenantId, { ...sketch, version: 2n, metadata: { owner: 'after' } }),
      );
      await subject().documents.refresh(left);
      expect((await find(right)).facets).toEqual([
        { key: 'owner', values: [{ value: 'before', documents: 1 }] },
      ]);
      await deleteDocument(subject(), left, 'a', 3n);
      await subject().documents.refresh(left);
      expect((await find(left)).lexical!.hits).toEqual([]);
      expect((await find(right)).lexical!.hits).toHaveLength(1);
      expect((await find(right)).dense!.hits).toHaveLength(1);
    });

    it('keeps apart tenants whose ids are prefixes of each other or look alike', async () => {
      const base = freshTenant();
      const tenants = [base, `${base}-`, `${base}_`, `${base}-a`, `${base}_a`, `${base}a`];
      const all = tenants.map((tenantId) => scopes.operator(tenantId));
      for (const scope of all) {
        await storeDocuments(subject(), scope, [
          { documentId: 'a', chunks: ['shared'], metadata: { owner: scope.tenantId } },
        ]);
      }
      for (const scope of all) {
        expect((await find(scope)).facets).toEqual([
          { key: 'owner', values: [{ value: scope.tenantId, documents: 1 }] },
        ]);
        expect((await find(scope)).dense!.hits).toHaveLength(1);
      }
    });

    it(
      'indexes, filters and facets a numeric year beside a tenant of 5,000 keys with years as strings',
      async () => {
        const [noisy, quiet] = [scopes.operator(freshTenant()), scopes.operator(freshTenant())];
        const noise = Array.from(
          { length: 103 },
          (_, at): DocumentSketch => ({
            documentId: `document ${at}`,
            chunks: ['shared'],
            metadata: {
              ...Object.fromEntries(
                Array.from({ length: 49 }, (_, key) => [
                  `key ${at * 50 + key}`,
                  key % 2 === 0 ? 'text' : key,
                ]),
              ),
              // The fiftieth key clashes by turns with a number, a list and a boolean of the other tenant.
              ...(at % 3 === 0 && { year: '2001' }),
              ...(at % 3 === 1 && { flag: ['yes'] }),
              ...(at % 3 === 2 && { tags: true }),
            },
          }),
        );
        await storeDocuments(subject(), noisy, noise);
        const years = [1999, 2001, 2001, 2015.5];
        await storeDocuments(
          subject(),
          quiet,
          years.map((year, at) => ({
            documentId: `quiet ${at}`,
            chunks: ['shared'],
            metadata: { year, flag: at > 1, tags: ['yes'] },
          })),
        );
        const found = await subject().engine.find(quiet, {
          lexical: { text: 'shared', fields: { title: 1, text: 1 }, candidates: 10 },
          dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 10 },
          filter: {
            andAll: [
              { greaterThan: { key: 'year', value: 2000 } },
              { listContains: { key: 'tags', value: 'yes' } },
            ],
          },
          facets: [
            { key: 'year' },
            { key: 'flag' },
            { key: 'year', histogram: 10 },
            { key: 'year', statistics: true },
          ],
        });
        expect(found.lexical!.hits.map(({ documentId }) => documentId)).toEqual([
          'quiet 1',
          'quiet 2',
          'quiet 3',
        ]);
        expect(found.dense!.hits).toHaveLength(3);
        expect(found.facets).toEqual([
          {
            key: 'year',
            values: [
              { value: 2001, documents: 2 },
              { value: 2015.5, documents: 1 },
            ],
          },
          {
            key: 'flag',
            values: [
              { value: true, documents: 2 },
              { value: false, documents: 1 },
            ],
          },
          {
            key: 'year',
            histogram: [
              { from: 2000, documents: 2 },
              { from: 2010, documents: 1 },
            ],
          },
          {
            key: 'year',
            statistics: {
              documents: 3,
              minimum: 2001,
              maximum: 2015.5,
              mean: expect.closeTo(6017.5 / 3, 6),
              sum: 6017.5,
            },
          },
        ]);
        const strings = await subject().engine.find(noisy, {
          lexical: { text: 'shared', fields: { title: 1, text: 1 }, candidates: 200 },
          filter: { equals: { key: 'year', value: '2001' } },
          facets: [{ key: 'key 4948' }, { key: 'year', statistics: true }],
        });
        expect(strings.lexical!.hits).toHaveLength(35);
        expect(strings.facets).toEqual([
          { key: 'key 4948', values: [] },
          { key: 'year', statistics: { documents: 0, sum: 0 } },
        ]);
      },
      timeoutMs,
    );

    it(
      'serves tenants whose ids mean something elsewhere',
      async () => {
        const tenants = [
          'system',
          'all',
          'control',
          'default',
          'null',
          'nul',
          '__proto__',
          'constructor',
          '_',
          '-',
          '_doc',
          '0',
        ];
        for (const tenantId of [...tenants, 'x'.repeat(64)]) {
          const scope = scopes.operator(tenantId);
          const sketch = { documentId: 'a', chunks: ['shared'], metadata: { owner: tenantId } };
          await storeDocuments(subject(), scope, [sketch]);
        }
        for (const tenantId of [...tenants, 'x'.repeat(64)]) {
          const found = await find(scopes.reader(tenantId));
          expect(found.facets).toEqual([{ key: 'owner', values: [{ value: tenantId, documents: 1 }] }]);
          expect([found.lexical!.hits.length, found.dense!.hits.length]).toEqual([1, 1]);
        }
      },
      timeoutMs,
    );

    it('reads an unknown tenant as empty on every path', async () => {
      for (const scope of [scopes.reader(freshTenant(), ['user:a']), scopes.operator(freshTenant())]) {
        const { engine, documents, dimensions, state } = subject();
        const found = await engine.find(scope, {
          lexical: { text: 'shared', fields: { title: 1, text: 1 }, candidates: 10 },
          dense: { vector: drawUnitVector('query', dimensions), candidates: 10 },
          filter: { notEquals: { key: 'a', value: 1 } },
          facets: [
            { key: 'owner' },
            { key: 'owner', histogram: 1 },
            { key: 'owner', ranges: [1] },
            { key: 'owner', statistics: true },
          ],
        });
        expect(found.lexical).toMatchObject({ hits: [] });
        expect(found.dense).toMatchObject({ hits: [] });
        expect([found.lexical!.failed, found.dense!.failed]).toEqual([undefined, undefined]);
        expect(found.facets).toEqual([
          { key: 'owner', values: [] },
          { key: 'owner', histogram: [] },
          {
            key: 'owner',
            ranges: [
              { to: 1, documents: 0 },
              { from: 1, documents: 0 },
            ],
          },
          { key: 'owner', statistics: { documents: 0, sum: 0 } },
        ]);
        const reference = { chunkId: 'none-0', documentId: 'none' };
        expect(await engine.fetch(scope, [reference], { parents: true, highlight: 'x' })).toEqual([]);
        expect(await documents.record(scope, 'none')).toBeUndefined();
        expect((await documents.list(scope, { limit: 10, deleted: true })).records).toEqual([]);
        expect(await documents.chunks(scope, 'none')).toEqual([]);
        expect((await documents.vectors(scope, ['0'.repeat(64)])).size).toBe(0);
        await documents.refresh(scope);
        expect(await state.get(scope, 'jobs', 'none')).toBeUndefined();
        expect(await state.list(scope, 'jobs', { limit: 10 })).toEqual([]);
        await state.remove(scope, 'jobs', 'none');
      }
    });
  });
}
