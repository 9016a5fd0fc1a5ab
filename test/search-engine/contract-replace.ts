import { describe, expect, it } from 'vitest';
import { chunkIdOf } from '../../domain/chunk.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildChunks,
  buildRecord,
  buildTombstone,
  type DocumentSketch,
  deleteDocument,
  drawUnitVector,
  putDocument,
  putRecord,
} from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';
import { chunkNames, numberedTexts, viewTenant } from './tenant-view.ts';

/** Replacing a document: nothing of the old one remains on any path. */
export function describeReplace(subject: CurrentSubject): void {
  describe('replace', () => {
    const freshScope = () => scopes.operator(freshTenant());

    it('stores a new document that every path then shows', async () => {
      const scope = freshScope();
      const sketch: DocumentSketch = {
        documentId: 'a',
        title: 'Title',
        chunks: numberedTexts('needle', 3),
        metadata: { k: 'v' },
        version: 7n,
      };
      await putDocument(subject(), scope, sketch);
      const stored = await subject().documents.record(scope, 'a');
      expect(stored!.record).toEqual(buildRecord(scope.tenantId, sketch));
      expect(await viewTenant(subject(), scope, 'needle')).toEqual({
        lexical: chunkNames('a', 3),
        dense: chunkNames('a', 3),
        facets: { key: 'k', values: [{ value: 'v', documents: 1 }] },
        listed: ['a: 3'],
      });
      const chunks = buildChunks(scope.tenantId, sketch, subject().dimensions).map(({ chunk }) => chunk);
      expect(await subject().documents.chunks(scope, 'a')).toEqual(chunks);
    });

    it.each([
      ['shrinks', 10, 3],
      ['shrinks to one chunk', 10, 1],
      ['grows', 3, 10],
      ['keeps its number of chunks', 5, 5],
      ['loses all its chunks', 4, 0],
      ['has no chunks at first', 0, 4],
    ])('leaves nothing of the old text when a document %s', async (_, before, after) => {
      const scope = freshScope();
      await putDocument(subject(), scope, { documentId: 'other', chunks: ['old new'] });
      await putDocument(subject(), scope, {
        documentId: 'a',
        chunks: numberedTexts('old', before),
        metadata: { k: 'before' },
      });
      expect((await viewTenant(subject(), scope, 'old')).lexical).toEqual([
        ...chunkNames('a', before),
        'other#0',
      ]);
      const sketch = {
        documentId: 'a',
        chunks: numberedTexts('new', after),
        metadata: { k: 'after' },
        version: 2n,
      };
      await putDocument(subject(), scope, sketch);
      expect((await viewTenant(subject(), scope, 'old')).lexical).toEqual(['other#0']);
      expect(await viewTenant(subject(), scope, 'new')).toEqual({
        lexical: [...chunkNames('a', after), 'other#0'],
        dense: [...chunkNames('a', after), 'other#0'],
        facets: { key: 'k', values: [{ value: 'after', documents: 1 }] },
        listed: [`a: ${after}`, 'other: 1'],
      });
      const chunks = await subject().documents.chunks(scope, 'a');
      expect(chunks.map(({ text }) => text)).toEqual(numberedTexts('new', after));
      const trailing = Array.from({ length: 10 }, (_, at) => ({
        chunkId: chunkIdOf(scope.tenantId, 'a', at),
        documentId: 'a',
      }));
      expect(await subject().engine.fetch(scope, trailing, { parents: false })).toHaveLength(after);
    });

    it('keeps the vector with its new place where texts only move', async () => {
      const scope = freshScope();
      await putDocument(subject(), scope, { documentId: 'a', chunks: ['first', 'second', 'third'] });
      await putDocument(subject(), scope, { documentId: 'a', chunks: ['third', 'first'], version: 2n });
      await subject().documents.refresh(scope);
      for (const [text, ordinal] of [
        ['third', 0],
        ['first', 1],
      ] as const) {
        const vector = drawUnitVector(text, subject().dimensions);
        const { dense } = await subject().engine.find(scope, { dense: { vector, candidates: 3 } });
        expect(dense!.hits).toHaveLength(2);
        expect(dense!.hits[0]).toMatchObject({ documentId: 'a', ordinal });
        expect(dense!.hits[0]!.score).toBeCloseTo(1, 4);
      }
    });

    it('changes metadata, title, access and versions on every path where no chunks are given, and keeps the chunks', async () => {
      const scope = freshScope();
      const before: DocumentSketch = {
        documentId: 'a',
        title: 'oldtitle',
        chunks: [{ text: 'needle 0', parentOrdinal: 0, headingPath: ['heading'] }, 'needle 1'],
        parents: [{ ordinal: 0, text: 'needle 0 needle 1', start: 0, end: 17 }],
        metadata: { k: 'before', gone: true },
      };
      await putDocument(subject(), scope, before);
      const embedded = buildChunks(scope.tenantId, before, subject().dimensions);
      const after: DocumentSketch = {
        ...before,
        title: 'newtitle',
        uri: 'https://example.org/',
        metadata: { k: 'after', added: 1 },
        access: { allow: ['user:a'] },
        version: 2n,
      };
      const record = buildRecord(scope.tenantId, after);
      await putRecord(subject(), scope, record);

      expect((await subject().documents.record(scope, 'a'))!.record).toEqual(record);
      const reader = scopes.reader(scope.tenantId, ['user:a']);
      expect(await viewTenant(subject(), reader, 'needle')).toEqual({
        lexical: chunkNames('a', 2),
        dense: chunkNames('a', 2),
        facets: { key: 'k', values: [{ value: 'after', documents: 1 }] },
        listed: ['a: 2'],
      });
      expect((await viewTenant(subject(), reader, 'newtitle')).lexical).toEqual(chunkNames('a', 2));
      expect((await viewTenant(subject(), reader, 'heading')).lexical).toEqual(chunkNames('a', 1));
      expect((await viewTenant(subject(), reader, 'oldtitle')).lexical).toEqual([]);
      expect(await viewTenant(subject(), scopes.reader(scope.tenantId, ['user:b']), 'needle')).toEqual({
        lexical: [],
        dense: [],
        facets: { key: 'k', values: [] },
        listed: [],
      });
      for (const [key, count] of [
        ['gone', 0],
        ['added', 2],
      ] as const) {
        const { lexical, dense } = await subject().engine.find(reader, {
          lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 10 },
          dense: { vector: embedded[0]!.vector, candidates: 10 },
          filter: { orAll: [{ equals: { key, value: true } }, { equals: { key, value: 1 } }] },
        });
        expect([key, lexical!.hits.length, dense!.hits.length]).toEqual([key, count, count]);
      }
      const { dense } = await subject().engine.find(reader, {
        dense: { vector: embedded[1]!.vector, candidates: 1 },
      });
      expect(dense!.hits[0]!.ordinal).toBe(1);
      expect(dense!.hits[0]!.score).toBeCloseTo(1, 4);
      const references = embedded.map(({ chunk }) => chunk);
      const shown = await subject().engine.fetch(reader, references, { parents: true });
      expect(shown[0]).toMatchObject({
        text: 'needle 0',
        title: 'newtitle',
        uri: 'https://example.org/',
        version: 2n,
        metadata: { k: 'after', added: 1 },
        parent: before.parents![0],
      });
      expect(shown[0]!.metadata).not.toHaveProperty('gone');
      expect(await subject().documents.chunks(reader, 'a')).toEqual(references);
    });

    it('replaces parents with the chunks', async () => {
      const scope = freshScope();
      const sketch = (count: number): DocumentSketch => ({
        documentId: 'a',
        version: BigInt(count),
        chunks: Array.from({ length: count }, (_, at) => ({
          text: `child ${at} of ${count}`,
          parentOrdinal: at,
        })),
        parents: Array.from({ length: count }, (_, at) => ({
          ordinal: at,
          text: `parent ${at} of ${count}`,
          start: at,
          end: at + 1,
        })),
      });
      for (const count of [12, 2, 5]) {
        await putDocument(subject(), scope, sketch(count));
        await subject().documents.refresh(scope);
        const references = buildChunks(scope.tenantId, sketch(count), subject().dimensions).map(
          ({ chunk }) => chunk,
        );
        const shown = await subject().engine.fetch(scope, references, { parents: true });
        expect(shown.map(({ parent }) => parent)).toEqual(sketch(count).parents);
      }
      const { lexical } = await subject().engine.find(scope, {
        lexical: { text: 'parent', fields: { title: 1, text: 1 }, candidates: 10 },
      });
      expect(lexical!.hits).toEqual([]);
    });

    it.each([
      ['with its chunks', true],
      ['and leaves its chunks', false],
    ])('hides a document on every path when a tombstone replaces it %s', async (_, withChunks) => {
      const scope = freshScope();
      await putDocument(subject(), scope, {
        documentId: 'a',
        chunks: numberedTexts('needle', 3),
        metadata: { k: 'v' },
      });
      await putDocument(subject(), scope, { documentId: 'b', chunks: ['needle'], metadata: { k: 'v' } });
      const references = buildChunks(
        scope.tenantId,
        { documentId: 'a', chunks: numberedTexts('needle', 3) },
        subject().dimensions,
      ).map(({ chunk }) => chunk);
      if (withChunks) await deleteDocument(subject(), scope, 'a', 2n);
      else await putRecord(subject(), scope, buildTombstone(scope.tenantId, 'a', 2n));
      expect(await viewTenant(subject(), scope, 'needle')).toEqual({
        lexical: ['b#0'],
        dense: ['b#0'],
        facets: { key: 'k', values: [{ value: 'v', documents: 1 }] },
        listed: ['b: 1'],
      });
      expect(await subject().engine.fetch(scope, references, { parents: true })).toEqual([]);
      expect(await subject().documents.chunks(scope, 'a')).toEqual([]);
      expect((await subject().documents.record(scope, 'a'))!.record).toEqual(
        buildTombstone(scope.tenantId, 'a', 2n),
      );
      await putDocument(subject(), scope, { documentId: 'a', chunks: ['needle'], version: 3n });
      expect((await viewTenant(subject(), scope, 'needle')).lexical).toEqual(['a#0', 'b#0']);
      expect(await subject().documents.chunks(scope, 'a')).toHaveLength(1);
    });

    it('keeps a parked patch out of sight until its document comes', async () => {
      const scope = freshScope();
      const { content: _, ...live } = buildRecord(scope.tenantId, {
        documentId: 'a',
        chunks: [],
        metadata: { k: 'patched' },
        version: 9n,
      });
      await putRecord(subject(), scope, live);
      expect((await subject().documents.record(scope, 'a'))!.record).toEqual(live);
      expect(await viewTenant(subject(), scope, 'needle')).toEqual({
        lexical: [],
        dense: [],
        facets: { key: 'k', values: [] },
        listed: [],
      });
      expect((await subject().documents.list(scope, { limit: 10, deleted: true })).records).toEqual([]);
      await putDocument(subject(), scope, {
        documentId: 'a',
        chunks: ['needle'],
        metadata: { k: 'patched' },
        version: 9n,
      });
      expect((await viewTenant(subject(), scope, 'needle')).listed).toEqual(['a: 1']);
    });

    it('lists a document without chunks, and finds none of it', async () => {
      const scope = freshScope();
      await putDocument(subject(), scope, { documentId: 'a', title: 'needle', chunks: [] });
      const seen = await viewTenant(subject(), scope, 'needle');
      expect([seen.lexical, seen.dense, seen.listed]).toEqual([[], [], ['a: 0']]);
      expect(await subject().documents.chunks(scope, 'a')).toEqual([]);
    });
  });
}
