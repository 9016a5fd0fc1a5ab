import { describe, expect, it } from 'vitest';
import { DocumentRefused, EngineUnavailable } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';
import { createBulk } from '../../../search-engine/opensearch/bulk.ts';
import { type Connection, connect } from '../../../search-engine/opensearch/connection.ts';
import {
  createOpenSearchEngine,
  type OpenSearchEngine,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { indicesOf } from '../../../search-engine/opensearch/indices.ts';
import { settingsOf } from '../../../search-engine/opensearch/mappings.ts';
import { pruneVectors } from '../../../search-engine/opensearch/vector-cache.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import {
  buildChunks,
  buildRecord,
  type DocumentSketch,
  deleteDocument,
  drawUnitVector,
  putDocument,
  putRecord,
  storeDocuments,
  unitVector,
} from '../document-builder.ts';
import { freshTenant, scopes } from '../scopes.ts';
import { deleteIndices, dimensions, freshPrefix, optionsOf } from './opensearch-subject.ts';

/** Makes an index anew as it was before a field came. */
async function remakeWithout(raw: Connection, prefix: string, kind: 'chunks' | 'documents', field: string) {
  const name = `${prefix}-${kind}-000001`;
  const reply = await raw.request<Record<string, { mappings: { properties: Record<string, object> } }>>({
    method: 'GET',
    path: `/${name}/_mapping`,
  });
  const { mappings } = reply[name]!;
  const { [field]: removed, ...properties } = mappings.properties;
  expect(removed).toBeDefined();
  await raw.request({ method: 'DELETE', path: `/${name}` });
  await raw.request({
    method: 'PUT',
    path: `/${name}`,
    body: {
      settings: settingsOf(kind, { indexPrefix: prefix, shards: 1, replicas: 0 }),
      mappings: { ...mappings, properties },
      aliases: { [`${prefix}-${kind}`]: {}, [`${prefix}-${kind}-write`]: { is_write_index: true } },
    },
  });
}

/** What is OpenSearch's own: ties, shards, mappings, blocks, the cache of vectors. */
describeWithOpenSearch('the OpenSearch engine', (url) => {
  const withEngine =
    (
      test: (given: {
        engine: OpenSearchEngine & { dimensions: number };
        scope: Scope;
        prefix: string;
        raw: Connection;
      }) => Promise<void>,
      shards = 1,
    ) =>
    async () => {
      const prefix = freshPrefix();
      const raw = connect({ url });
      const opened = await createOpenSearchEngine(optionsOf(url, prefix, { shards }));
      try {
        const scope = scopes.operator(freshTenant());
        await test({ engine: { ...opened, dimensions }, scope, prefix, raw });
      } finally {
        await opened.close();
        await deleteIndices(url, prefix);
        await raw.close();
      }
    };

  it('gives indices of an earlier Braid the field of expiry times, and keeps their documents', async () => {
    const prefix = freshPrefix();
    const raw = connect({ url });
    try {
      await (await createOpenSearchEngine(optionsOf(url, prefix))).close();
      for (const kind of ['chunks', 'documents'] as const)
        await remakeWithout(raw, prefix, kind, 'expiresAt');
      const opened = { ...(await createOpenSearchEngine(optionsOf(url, prefix))), dimensions };
      const scope = scopes.reader(freshTenant());
      await storeDocuments(opened, scope, [
        { documentId: 'over', expiresAt: '2001-01-01T00:00:00.000Z' },
        { documentId: 'stays' },
      ]);
      const listed = await opened.documents.list(scope, { limit: 9, deleted: false });
      expect(listed.records.map(({ documentId }) => documentId)).toEqual(['stays']);
      await opened.close();
    } finally {
      await deleteIndices(url, prefix);
      await raw.close();
    }
  });

  it(
    'orders the dense leg wholly, although more chunks are equally near than are asked for',
    withEngine(async ({ engine, scope }) => {
      const vector = unitVector([1], dimensions);
      const nearer = unitVector([1, 0.1], dimensions);
      await storeDocuments(engine, scope, [
        { documentId: 'nearest', chunks: [{ text: 'x', vector: nearer }] },
        ...Array.from({ length: 40 }, (_, at) => ({
          documentId: `d${String(39 - at).padStart(2, '0')}`,
          chunks: Array.from({ length: 5 }, () => ({ text: 'x', vector })),
        })),
      ]);
      for (const candidates of [1, 7, 100]) {
        const { dense } = await engine.engine.find(scope, { dense: { vector: nearer, candidates } });
        const expected = [
          'nearest#0',
          ...Array.from(
            { length: 200 },
            (_, at) => `d${String(Math.floor(at / 5)).padStart(2, '0')}#${at % 5}`,
          ),
        ];
        expect(dense!.hits.map(({ documentId, ordinal }) => `${documentId}#${ordinal}`)).toEqual(
          expected.slice(0, candidates),
        );
      }
    }),
  );

  it(
    'finds, orders and counts the same over three shards as over one',
    withEngine(async ({ engine, scope }) => {
      const sketches = Array.from(
        { length: 60 },
        (_, at): DocumentSketch => ({
          documentId: `d${String(at).padStart(2, '0')}`,
          chunks: [`needle one ${at}`, `needle two ${at}`],
          metadata: { tag: `t${at % 20}`, n: at },
        }),
      );
      await storeDocuments(engine, scope, sketches);
      const vector = drawUnitVector('query', dimensions);
      const { lexical, dense, facets } = await engine.engine.find(scope, {
        lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 15 },
        dense: { vector, candidates: 15 },
        facets: [
          { key: 'tag', size: 3 },
          { key: 'n', statistics: true },
        ],
      });
      expect(lexical!.hits).toHaveLength(15);
      const nearest = sketches
        .flatMap((sketch) => buildChunks(scope.tenantId, sketch, dimensions))
        .map((chunk) => ({
          id: chunk.chunk.chunkId,
          score: chunk.vector.reduce((sum, value, at) => sum + value * vector[at]!, 0),
        }))
        .sort((left, right) => right.score - left.score);
      expect(dense!.hits.map(({ chunkId }) => chunkId)).toEqual(nearest.slice(0, 15).map(({ id }) => id));
      expect(facets).toEqual([
        {
          key: 'tag',
          values: ['t0', 't1', 't10'].map((value) => ({ value, documents: 3 })),
        },
        { key: 'n', statistics: { documents: 60, minimum: 0, maximum: 59, mean: 29.5, sum: 1_770 } },
      ]);
      const shown = await engine.engine.fetch(scope, lexical!.hits, { parents: false, highlight: 'needle' });
      expect(shown.map(({ chunkId }) => chunkId)).toEqual(lexical!.hits.map(({ chunkId }) => chunkId));
      await deleteDocument(engine, scope, 'd00');
      await engine.documents.refresh(scope);
      const again = await engine.engine.find(scope, { dense: { vector, candidates: 1_000 } });
      expect(again.dense!.hits).toHaveLength(118);
    }, 3),
  );

  it(
    'has the same mapping after three tenants with 5,000 keys and types that clash',
    withEngine(async ({ engine, prefix, raw }) => {
      const mapping = () => raw.request({ method: 'GET', path: `/${prefix}-*/_mapping` });
      const before = await mapping();
      for (const year of ['2001', 2001, ['2001']]) {
        const scope = scopes.operator(freshTenant());
        await storeDocuments(
          engine,
          scope,
          Array.from({ length: 34 }, (_, at) => ({
            documentId: `${at}`,
            metadata: {
              year,
              ...Object.fromEntries(Array.from({ length: 49 }, (_, key) => [`key.${at * 49 + key}`, key])),
            },
          })),
        );
        const { lexical } = await engine.engine.find(scope, {
          lexical: { text: 'word', fields: { title: 1, text: 1 }, candidates: 100 },
          filter: { equals: { key: 'year', value: year } },
        });
        expect(lexical!.hits).toHaveLength(34);
      }
      expect(await mapping()).toEqual(before);
    }),
  );

  it(
    'refuses a document that the index cannot hold, and leaves the stored one and the index as they were',
    withEngine(async ({ engine, scope, prefix, raw }) => {
      await putDocument(engine, scope, { documentId: 'a', chunks: ['needle one', 'needle two'] });
      const stored = await engine.documents.record(scope, 'a');
      const tooLong = { documentId: 'a', chunks: ['needle'], metadata: { k: 'x'.repeat(40_000) } };
      await expect(putDocument(engine, scope, tooLong)).rejects.toBeInstanceOf(DocumentRefused);
      await expect(putDocument(engine, scope, tooLong)).rejects.toThrow(/^Cannot index document "a": /);
      expect((await engine.documents.record(scope, 'a'))!.record).toEqual(stored!.record);
      expect((await engine.documents.chunks(scope, 'a')).map(({ text }) => text)).toEqual([
        'needle one',
        'needle two',
      ]);
      await engine.documents.refresh(scope);
      const { count } = await raw.request<{ count: number }>({
        method: 'GET',
        path: `/${prefix}-chunks/_count`,
      });
      expect(count).toBe(2);
      await putDocument(engine, scope, { documentId: 'a', chunks: ['new'], version: 2n });
      expect(await engine.documents.chunks(scope, 'a')).toHaveLength(1);
    }),
  );

  describe('on a disk that is full', () => {
    it(
      'says so, keeps serving what stands, and cleans up by itself once there is room',
      withEngine(async ({ engine, scope, prefix, raw }) => {
        const block = (on: boolean | null) =>
          raw.request({
            method: 'PUT',
            path: `/${prefix}-chunks/_settings`,
            body: { 'index.blocks.read_only_allow_delete': on },
          });
        await putDocument(engine, scope, { documentId: 'a', chunks: ['needle old'] });
        await block(true);
        const write = putDocument(engine, scope, { documentId: 'a', chunks: ['needle new'], version: 2n });
        await expect(write).rejects.toBeInstanceOf(EngineUnavailable);
        await expect(write).rejects.toThrow(/^Cannot write to OpenSearch at .*disk usage exceeded/);
        await engine.documents.refresh(scope);
        const find = async () => {
          const { lexical } = await engine.engine.find(scope, {
            lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 10 },
          });
          return (await engine.engine.fetch(scope, lexical!.hits, { parents: false })).map(
            ({ text }) => text,
          );
        };
        expect(await find()).toEqual(['needle old']);
        const reopened = await createOpenSearchEngine(optionsOf(url, prefix));
        await reopened.close();
        await block(null);
        await putDocument(engine, scope, { documentId: 'a', chunks: ['needle new'], version: 2n });
        await engine.documents.refresh(scope);
        expect(await find()).toEqual(['needle new']);
        await expect
          .poll(
            async () => {
              await raw.request({ method: 'POST', path: `/${prefix}-documents/_refresh` });
              const reply = await raw.request<{ count: number }>({
                method: 'POST',
                path: `/${prefix}-documents/_count`,
                body: { query: { term: { open: true } } },
              });
              return reply.count;
            },
            { timeout: 20_000 },
          )
          .toBe(0);
      }),
    );
  });

  it.each([
    ['access list', { access: { deny: ['user:a'] } }],
    ['expiry', { expiresAt: '2001-01-01T00:00:00.000Z' }],
  ])(
    'shows nothing from the acknowledged change of the %s on, although it is found until a refresh',
    (_, change) =>
      withEngine(async ({ engine, scope, prefix, raw }) => {
        await raw.request({
          method: 'PUT',
          path: `/${prefix}-chunks-000001/_settings`,
          body: { index: { refresh_interval: '-1' } },
        });
        await storeDocuments(engine, scope, [{ documentId: 'a', chunks: ['needle'] }]);
        const reader = scopes.reader(scope.tenantId, ['user:a']);
        const find = async () => {
          const { lexical } = await engine.engine.find(reader, {
            lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 10 },
          });
          return lexical!.hits;
        };
        const references = await find();
        expect(await engine.engine.fetch(reader, references, { parents: false })).toHaveLength(1);
        await putRecord(
          engine,
          scope,
          buildRecord(scope.tenantId, { documentId: 'a', chunks: ['needle'], version: 2n, ...change }),
        );
        expect(await find()).toEqual(references);
        expect(await engine.engine.fetch(reader, references, { parents: false })).toEqual([]);
        expect(await engine.engine.features(reader, references, { vectors: true })).toEqual([]);
        await engine.documents.refresh(scope);
        expect(await find()).toEqual([]);
      })(),
  );

  describe('pruneVectors', () => {
    it(
      'removes vectors after 7 days without use, and keeps those of chunks',
      withEngine(async ({ engine, scope, prefix, raw }) => {
        await storeDocuments(engine, scope, [
          { documentId: 'stays', chunks: ['one', 'two'] },
          { documentId: 'goes', chunks: ['three', 'two'] },
        ]);
        const fingerprints = ['one', 'two', 'three'].map(
          (text) =>
            buildChunks(scope.tenantId, { documentId: 'x', chunks: [text] }, dimensions)[0]!.fingerprint,
        );
        await deleteDocument(engine, scope, 'goes');
        await engine.documents.refresh(scope);
        const indices = indicesOf(prefix);
        const day = 24 * 60 * 60 * 1_000;
        const prune = (days: number) =>
          pruneVectors(
            { connection: raw, bulk: createBulk(raw) },
            indices,
            new Date(Date.now() + days * day),
          );
        expect(await prune(6)).toBe(0);
        expect((await engine.documents.vectors(scope, fingerprints)).size).toBe(3);
        expect(await prune(8)).toBe(1);
        const left = await engine.documents.vectors(scope, fingerprints);
        expect([...left.keys()]).toEqual(fingerprints.slice(0, 2));
        expect(left.get(fingerprints[0]!)).toEqual(drawUnitVector('one', dimensions));
        expect(await prune(8)).toBe(0);
      }),
    );
  });

  it(
    'ends a search whose signal is aborted',
    withEngine(async ({ engine, scope }) => {
      const controller = new AbortController();
      controller.abort(new Error('enough'));
      await expect(
        engine.engine.find(
          scope,
          { lexical: { text: 'x', fields: { title: 1, text: 1 }, candidates: 1 } },
          controller.signal,
        ),
      ).rejects.toThrow('enough');
    }),
  );
});
