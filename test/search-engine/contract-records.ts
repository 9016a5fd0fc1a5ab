import { describe, expect, it } from 'vitest';
import type { Filter } from '../../domain/filter.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildChunks,
  buildRecord,
  type DocumentSketch,
  deleteDocument,
  putDocument,
  putRecord,
} from './document-builder.ts';
import { freshTenant, scopes } from './scopes.ts';
import { chunkNames, numberedTexts, viewTenant } from './tenant-view.ts';

const timeoutMs = 60_000;

/** What records and documents hold: sizes, ids and versions at their limits. */
export function describeRecords(subject: CurrentSubject): void {
  describe('records', () => {
    const freshScope = () => scopes.operator(freshTenant());

    it(
      'holds a document of 2,000 chunks, and replaces it by one of three',
      async () => {
        const scope = freshScope();
        await putDocument(subject(), scope, { documentId: 'a', chunks: numberedTexts('needle', 2_000) });
        const seen = await viewTenant(subject(), scope, 'needle');
        expect([seen.lexical.length, seen.dense.length]).toEqual([2_000, 2_000]);
        const chunks = await subject().documents.chunks(scope, 'a');
        expect(chunks.map(({ ordinal, text }) => `${ordinal} ${text}`)).toEqual(
          numberedTexts('needle', 2_000).map((text, at) => `${at} ${text}`),
        );
        await putDocument(subject(), scope, {
          documentId: 'a',
          chunks: numberedTexts('needle', 3),
          version: 2n,
        });
        const after = await viewTenant(subject(), scope, 'needle');
        expect([after.lexical, after.dense]).toEqual([chunkNames('a', 3), chunkNames('a', 3)]);
        expect(await subject().documents.chunks(scope, 'a')).toHaveLength(3);
      },
      timeoutMs,
    );

    it(
      'keeps ids apart that are easily taken for each other, and gives them back as they are',
      async () => {
        const scope = freshScope();
        const ids = [
          'a/b',
          'a//b',
          'a/b/',
          '/a/b',
          'a b',
          'a%20b',
          'a+b',
          'a%2Fb',
          '../a',
          '.',
          '..',
          'A/B',
          'é',
          'e\u0301',
          '😀',
          '\uff5e',
          'a\0b',
          'a',
          '\0',
          'a\n',
          '"a"',
          "a'b",
          '*',
          '_all',
          '_doc',
          'a,b',
          'a#0',
          '\u202ea',
          'x'.repeat(512),
          `${'x'.repeat(511)}y`,
          '😀'.repeat(128),
        ];
        for (const documentId of ids) {
          await putDocument(subject(), scope, {
            documentId,
            chunks: [`needle ${documentId}`],
            metadata: { k: documentId },
          });
        }
        await subject().documents.refresh(scope);
        const { records } = await subject().documents.list(scope, { limit: 1_000, deleted: false });
        expect(new Set(records.map(({ documentId }) => documentId))).toEqual(new Set(ids));
        expect(records).toHaveLength(ids.length);
        const { lexical } = await subject().engine.find(scope, {
          lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 100 },
        });
        const shown = await subject().engine.fetch(scope, lexical!.hits, { parents: false });
        expect(shown).toHaveLength(ids.length);
        for (const { documentId, metadata } of shown) expect(metadata).toEqual({ k: documentId });
        for (const documentId of ids) {
          expect((await subject().documents.record(scope, documentId))!.record.documentId).toBe(documentId);
          const chunks = await subject().documents.chunks(scope, documentId);
          expect(chunks.map(({ text }) => text)).toEqual([`needle ${documentId}`]);
        }
        await deleteDocument(subject(), scope, 'a/b');
        await subject().documents.refresh(scope);
        const left = await subject().documents.list(scope, { limit: 1_000, deleted: false });
        expect(left.records).toHaveLength(ids.length - 1);
      },
      timeoutMs,
    );

    it(
      'holds metadata at its limits: 50 keys of 100 bytes, strings of 2,048, lists of 100 of them',
      async () => {
        const scope = freshScope();
        const longest = (end: string) => 'x'.repeat(2_048 - Buffer.byteLength(end)) + end;
        const list = Array.from({ length: 100 }, (_, at) => longest(String(at)));
        const nearly = [...list.slice(0, 99), longest('another')];
        const key = (at: number) => `${'k'.repeat(98)}${String(at).padStart(2, '0')}`;
        const metadata = {
          ...Object.fromEntries(Array.from({ length: 48 }, (_, at) => [key(at), longest(`😀${at}`)])),
          list,
          k: 'v',
        };
        await putDocument(subject(), scope, { documentId: 'a', metadata });
        await putDocument(subject(), scope, { documentId: 'b', metadata: { list: nearly } });
        await subject().documents.refresh(scope);
        expect((await subject().documents.record(scope, 'a'))!.record.metadata!.value).toEqual(metadata);
        const idsOf = async (filter: Filter) => {
          const { lexical } = await subject().engine.find(scope, {
            lexical: { text: 'word', fields: { title: 1, text: 1 }, candidates: 10 },
            filter,
          });
          return lexical!.hits.map(({ documentId }) => documentId);
        };
        expect(await idsOf({ equals: { key: 'list', value: list } })).toEqual(['a']);
        expect(await idsOf({ notEquals: { key: 'list', value: list } })).toEqual(['b']);
        expect(await idsOf({ listContains: { key: 'list', value: nearly[99]! } })).toEqual(['b']);
        expect(await idsOf({ equals: { key: key(47), value: longest('😀47') } })).toEqual(['a']);
        expect(await idsOf({ stringContains: { key: key(47), value: 'x😀4' } })).toEqual(['a']);
        const { facets } = await subject().engine.find(scope, { facets: [{ key: 'list', size: 3 }] });
        expect(facets).toEqual([
          {
            key: 'list',
            values: [...list.slice(0, 99)]
              .sort()
              .slice(0, 3)
              .map((value) => ({ value, documents: 2 })),
          },
        ]);
      },
      timeoutMs,
    );

    it(
      'holds texts at their limits: a word of 40,000 characters, titles and headings of 2,048 bytes',
      async () => {
        const scope = freshScope();
        const sketch: DocumentSketch = {
          documentId: 'a',
          title: `needle ${'t'.repeat(2_041)}`,
          uri: `urn:${'u'.repeat(2_044)}`,
          access: { allow: Array.from({ length: 1_000 }, (_, at) => `group:${'g'.repeat(500)}${at}`) },
          chunks: [
            {
              text: `${'w'.repeat(40_000)} straw`,
              headingPath: Array.from({ length: 6 }, () => 'h'.repeat(2_048)),
            },
            { text: 'straw '.repeat(20_000), context: 'c'.repeat(10_000) },
          ],
        };
        await putDocument(subject(), scope, sketch);
        expect((await viewTenant(subject(), scope, 'straw')).lexical).toEqual(chunkNames('a', 2));
        expect((await viewTenant(subject(), scope, 'needle')).lexical).toEqual(chunkNames('a', 2));
        const chunks = buildChunks(scope.tenantId, sketch, subject().dimensions).map(({ chunk }) => chunk);
        expect(await subject().documents.chunks(scope, 'a')).toEqual(chunks);
        expect((await subject().documents.record(scope, 'a'))!.record).toEqual(
          buildRecord(scope.tenantId, sketch),
        );
      },
      timeoutMs,
    );

    it('keeps versions of 80 digits, source, hashes and times of a record', async () => {
      const scope = freshScope();
      const record = buildRecord(scope.tenantId, {
        documentId: 'a',
        chunks: [],
        source: 'Ünïcode/source',
        uri: 'urn:x',
        title: '',
        mediaType: 'a/b; c="d"',
      });
      const precise = {
        ...record,
        content: {
          ...record.content!,
          version: 10n ** 80n - 1n,
          bytes: 2 ** 40,
          claimed: { mediaType: 'x/y', title: 'Z' },
        },
        metadata: { ...record.metadata!, version: 0n },
        access: { ...record.access!, version: 10n ** 79n, value: { allow: ['b', 'a', 'b'], deny: [] } },
        recipe: 'recipe "1" 😀',
      };
      await putRecord(subject(), scope, precise);
      expect((await subject().documents.record(scope, 'a'))!.record).toEqual(precise);
      await subject().documents.refresh(scope);
      expect((await subject().documents.list(scope, { limit: 1, deleted: false })).records).toEqual([
        precise,
      ]);
    });

    it('reads its own writes of records without a refresh', async () => {
      const scope = freshScope();
      for (let version = 1n; version <= 5n; version += 1n) {
        await putDocument(subject(), scope, { documentId: 'a', version });
        expect((await subject().documents.record(scope, 'a'))!.record.content!.version).toBe(version);
      }
    });
  });
}
