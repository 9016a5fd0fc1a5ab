import { describe, expect, it } from 'vitest';
import type { Metadata } from '../../domain/document.ts';
import type { Scope } from '../../domain/scope.ts';
import type { ChunkReference } from '../../search-engine/search-engine.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildChunks,
  buildRecord,
  type DocumentSketch,
  deleteDocument,
  putDocument,
  putRecord,
  storeDocuments,
} from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';

/** Reading chunks for display: everything comes back as it was written, nothing that has gone or is forbidden does. */
export function describeFetch(subject: CurrentSubject): void {
  describe('fetch', () => {
    const store = async (sketches: readonly DocumentSketch[]) => {
      const scope = scopes.reader(freshTenant());
      await storeDocuments(subject(), scope, sketches);
      return scope;
    };
    const referencesOf = (scope: Scope, sketch: DocumentSketch): ChunkReference[] =>
      buildChunks(scope.tenantId, sketch, subject().dimensions).map(({ chunk }) => ({
        chunkId: chunk.chunkId,
        documentId: chunk.documentId,
      }));
    const fetch = (scope: Scope, references: readonly ChunkReference[], highlight?: string) =>
      subject().engine.fetch(scope, references, {
        parents: false,
        ...(highlight !== undefined && { highlight }),
      });

    it('reads the features of the same chunks, in the same order, under the same scope', async () => {
      const { dimensions, engine } = subject();
      const sketches: DocumentSketch[] = [
        { documentId: 'open', chunks: ['one', 'two'], metadata: { k: ['a'] } },
        { documentId: 'plain', chunks: ['three'] },
        { documentId: 'secret', chunks: ['four'], access: { allow: ['user:b'] }, metadata: { k: 'v' } },
        { documentId: 'gone', chunks: ['five'] },
      ];
      const tenant = freshTenant();
      const scope = scopes.reader(tenant, ['user:a']);
      await storeDocuments(subject(), scope, sketches);
      await deleteDocument(subject(), scope, 'gone');
      const references = sketches.flatMap((sketch) => referencesOf(scope, sketch)).reverse();
      const built = new Map(
        sketches
          .flatMap((sketch) => buildChunks(tenant, sketch, dimensions))
          .map(({ chunk, vector }) => [chunk.chunkId, vector]),
      );
      const features = await engine.features(scope, references, { vectors: true });
      const wanted = references.filter(({ documentId }) => ['open', 'plain'].includes(documentId));
      expect(features.map(({ chunkId }) => chunkId)).toEqual(wanted.map(({ chunkId }) => chunkId));
      expect(features.map(({ metadata }) => metadata)).toEqual([{}, { k: ['a'] }, { k: ['a'] }]);
      for (const { chunkId, vector } of features) {
        expect(vector).toHaveLength(dimensions);
        built.get(chunkId)!.forEach((value, at) => {
          expect(vector![at]).toBeCloseTo(value, 6);
        });
      }
      const bare = await engine.features(scope, references, { vectors: false });
      expect(bare).toEqual(features.map(({ chunkId, metadata }) => ({ chunkId, metadata })));
      expect(await engine.features(scopes.reader(freshTenant()), references, { vectors: true })).toEqual([]);
      expect(await engine.features(scope, [], { vectors: true })).toEqual([]);
    });

    it('returns every field as it was written', async () => {
      const sketch: DocumentSketch = {
        documentId: 'docs/a b/ü😀.md',
        title: 'Title — “quoted” 😀',
        uri: 'https://example.org/a?b=c#d',
        mediaType: 'text/markdown',
        source: 'docs',
        version: 10n ** 80n - 1n,
        access: { allow: ['user:a'], deny: ['user:b'] },
        metadata: {
          empty: '',
          nul: 'a\0b',
          composed: 'é',
          decomposed: 'e\u0301',
          astral: '😀',
          none: [],
          list: ['b', 'a', 'a', ''],
          yes: true,
          no: false,
          zero: 0,
          tiny: 5e-324,
          huge: 1.7976931348623157e308,
          exact: 2 ** 53 + 2,
          fraction: 0.1,
          numeral: '0.10',
          'a.b.c': 'dots',
          ' ': 'space',
          ключ: 'clef',
        },
        links: ['https://example.org/a', '../b.md'],
        flags: ['hidden_text'],
        chunks: [
          {
            text: '  leading, NUL \0, astral 😀, right-to-left שלום, e\u0301\r\nand an end  ',
            context: '| name | price |\n|---|---|',
            headingPath: ['Part "1"', 'Chapter > 2', ''],
            location: { page: 7, sheet: 'Sheet 1' },
            parentOrdinal: 0,
          },
          'plain',
        ],
        parents: [{ ordinal: 0, text: 'the parent 😀', start: 0, end: 13 }],
      };
      const scope = scopes.reader(freshTenant(), ['user:a']);
      await storeDocuments(subject(), scope, [sketch]);
      const shown = {
        source: 'docs',
        title: sketch.title,
        uri: sketch.uri,
        mediaType: 'text/markdown',
        metadata: sketch.metadata,
        links: sketch.links,
        flags: sketch.flags,
        version: 10n ** 80n - 1n,
        contentHash: buildRecord(scope.tenantId, sketch).content!.contentHash,
      };
      const chunks = buildChunks(scope.tenantId, sketch, subject().dimensions).map(({ chunk }) => chunk);
      const references = referencesOf(scope, sketch);
      const withParents = await subject().engine.fetch(scope, references, { parents: true });
      expect(withParents).toEqual([
        { ...chunks[0], ...shown, parent: sketch.parents![0] },
        { ...chunks[1], ...shown },
      ]);
      expect(await fetch(scope, references)).toEqual(chunks.map((chunk) => ({ ...chunk, ...shown })));
    });

    it('gives the highest version of the parts', async () => {
      const scope = await store([{ documentId: 'a' }]);
      const record = buildRecord(scope.tenantId, { documentId: 'a', version: 3n });
      for (const parts of [
        { metadata: { ...record.metadata!, version: 8n } },
        { access: { ...record.access!, version: 10n }, metadata: { ...record.metadata!, version: 9n } },
      ]) {
        await putRecord(subject(), scope, { ...record, ...parts });
        await subject().documents.refresh(scope);
        const [chunk] = await fetch(scope, referencesOf(scope, { documentId: 'a' }));
        expect(chunk!.version).toBe(parts.access?.version ?? 8n);
      }
    });

    it('leaves out what was not given', async () => {
      const scope = await store([{ documentId: 'a', chunks: ['text'] }]);
      const [chunk] = await fetch(scope, referencesOf(scope, { documentId: 'a', chunks: ['text'] }));
      for (const name of ['title', 'uri', 'context', 'location', 'parentOrdinal', 'parent', 'highlights']) {
        expect(chunk).not.toHaveProperty(name);
      }
      expect(chunk!.metadata).toEqual({});
    });

    it('carries metadata under names that objects have of their own', async () => {
      const entries = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'].map((key) => [
        key,
        key,
      ]);
      const metadata: Metadata = Object.fromEntries(entries);
      const sketch = { documentId: '__proto__', chunks: ['needle'], metadata };
      const scope = await store([sketch]);
      const [chunk] = await fetch(scope, referencesOf(scope, sketch));
      expect(Object.entries(chunk!.metadata).sort()).toEqual([...entries].sort());
      const record = (await subject().documents.record(scope, '__proto__'))!.record;
      expect(Object.entries(record.metadata!.value).sort()).toEqual([...entries].sort());
      const found = await subject().engine.find(scope, {
        lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 1 },
        filter: { equals: { key: '__proto__', value: '__proto__' } },
        facets: [{ key: 'constructor' }],
      });
      expect(found.lexical!.hits).toHaveLength(1);
      expect(found.facets).toEqual([
        { key: 'constructor', values: [{ value: 'constructor', documents: 1 }] },
      ]);
    });

    it('keeps the order of the references, over documents', async () => {
      const sketches = ['a', 'b', 'c'].map((documentId) => ({
        documentId,
        chunks: Array.from({ length: 12 }, (_, at) => `${documentId} ${at}`),
      }));
      const scope = await store(sketches);
      const references = sketches.flatMap((sketch) => referencesOf(scope, sketch));
      const shuffled = references.map((_, at) => references[(at * 7) % references.length]!);
      const shown = await fetch(scope, shuffled);
      expect(shown.map(({ chunkId }) => chunkId)).toEqual(shuffled.map(({ chunkId }) => chunkId));
      expect(await fetch(scope, [])).toEqual([]);
    });

    it('leaves out chunks that have gone, and keeps the others in order', async () => {
      const long = { documentId: 'shrinks', chunks: Array.from({ length: 6 }, (_, at) => `text ${at}`) };
      const gone = { documentId: 'goes', chunks: ['text'] };
      const stays = { documentId: 'stays', chunks: ['text'] };
      const scope = await store([long, gone, stays]);
      const references = [gone, long, stays].flatMap((sketch) => referencesOf(scope, sketch));
      await putDocument(subject(), scope, { documentId: 'shrinks', chunks: ['text 0', 'new'], version: 2n });
      await deleteDocument(subject(), scope, 'goes');
      await subject().documents.refresh(scope);
      const shown = await fetch(scope, [{ chunkId: 'never-0', documentId: 'never' }, ...references]);
      expect(shown.map(({ documentId, text }) => [documentId, text])).toEqual([
        ['shrinks', 'text 0'],
        ['shrinks', 'new'],
        ['stays', 'text'],
      ]);
    });

    it('goes on to show a document that is replaced again and again', async () => {
      const sketch: DocumentSketch = { documentId: 'a', chunks: ['one'] };
      const scope = await store([sketch]);
      for (const version of [2n, 3n, 4n, 5n]) {
        await putDocument(subject(), scope, { ...sketch, title: `title ${version}`, version });
        const [shown, ...others] = await fetch(scope, referencesOf(scope, sketch));
        expect([shown?.text, shown?.title, others]).toEqual(['one', `title ${version}`, []]);
      }
    });

    it.each([
      ['replaced', false],
      ['deleted and written', true],
    ])('shows nothing of a document that was %s without a chunk since it was found', async (_, isDeleted) => {
      const sketch: DocumentSketch = { documentId: 'a', chunks: ['one', 'two'] };
      const scope = await store([sketch]);
      if (isDeleted) await deleteDocument(subject(), scope, 'a');
      await putDocument(subject(), scope, { documentId: 'a', chunks: [], version: 3n });
      expect(await fetch(scope, referencesOf(scope, sketch))).toEqual([]);
    });

    it('leaves out a document that was forbidden since it was found', async () => {
      const tenantId = freshTenant();
      const scope = scopes.reader(tenantId, ['user:a']);
      const sketch = { documentId: 'a', chunks: ['text'] };
      await storeDocuments(subject(), scope, [sketch]);
      expect(await fetch(scope, referencesOf(scope, sketch))).toHaveLength(1);
      await putRecord(
        subject(),
        scope,
        buildRecord(tenantId, { ...sketch, version: 2n, access: { deny: ['user:a'] } }),
      );
      await subject().documents.refresh(scope);
      expect(await fetch(scope, referencesOf(scope, sketch))).toEqual([]);
      expect(await fetch(scopes.reader(tenantId), referencesOf(scope, sketch))).toHaveLength(1);
    });

    it.each([
      ['one word', 'the needle lies in the hay', 'needle', ['needle']],
      ['several words', 'a needle and some thread in hay', 'needle thread', ['needle', 'thread']],
      ['inflected words', 'connected by a connection', 'connecting', ['connected', 'connection']],
      ['words in another case', 'NEEDLE Needle needle', 'Needle', ['NEEDLE', 'Needle', 'needle']],
      ['words after astral characters', '😀😀 👩‍👩‍👧 needle 😀 needle', 'needle', ['needle', 'needle']],
      [
        'words after combining marks and right-to-left text',
        'e\u0301e\u0301 שלום עולם needle',
        'needle',
        ['needle'],
      ],
      ['words after line breaks and tabs', 'first\r\n\tneedle\r\nlast', 'needle', ['needle']],
      [
        'words beside markup',
        '<b>needle</b> &amp; [needle](x) "needle"',
        'needle',
        ['needle', 'needle', 'needle'],
      ],
      ['words of Cyrillic', 'город Москва растёт', 'москва', ['Москва']],
      ['no word', 'nothing of the kind', 'needle', []],
      ['no word of a query without words', 'a needle', '...', []],
    ])('marks %s', async (_, text, query, marked) => {
      const sketch = { documentId: 'a', chunks: [{ text, context: 'needle needle' }] };
      const scope = await store([sketch]);
      const [chunk] = await fetch(scope, referencesOf(scope, sketch), query);
      expect(chunk!.highlights!.map(([start, end]) => text.slice(start, end))).toEqual(marked);
    });

    it('marks words of a long chunk to its end, rising and not overlapping', async () => {
      const text = Array.from({ length: 2_000 }, (_, at) => (at % 10 === 0 ? 'needle' : `hay${at}😀`)).join(
        ' ',
      );
      const sketch = { documentId: 'a', chunks: [text, 'hay'] };
      const scope = await store([sketch]);
      const [chunk, other] = await fetch(scope, referencesOf(scope, sketch), 'needle "AND (needle');
      const ranges = chunk!.highlights!;
      expect(ranges).toHaveLength(200);
      let last = 0;
      for (const [start, end] of ranges) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(text.slice(start, end)).toBe('needle');
        last = end;
      }
      expect(other!.highlights).toEqual([]);
    });

    it('shows a thousand chunks in one call', async () => {
      const sketches = Array.from({ length: 10 }, (_, at) => ({
        documentId: `document ${at}`,
        chunks: Array.from({ length: 100 }, (_, ordinal) => `text ${at} ${ordinal}`),
      }));
      const scope = await store(sketches);
      const references = sketches.flatMap((sketch) => referencesOf(scope, sketch)).reverse();
      const shown = await fetch(scope, references);
      expect(shown.map(({ chunkId }) => chunkId)).toEqual(references.map(({ chunkId }) => chunkId));
    }, 60_000);
  });
}
