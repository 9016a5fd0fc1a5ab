import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Braid, createBraid } from '../braid.ts';
import { type Config, loadConfig } from '../config.ts';
import type { AnswerResponse } from '../domain/answer.ts';
import type { Document } from '../domain/document.ts';
import { CursorExpired, InvalidInput, NotFound } from '../domain/errors.ts';
import type { Hit, SearchRequest } from '../domain/search.ts';
import { deleteIndices, freshPrefix } from './search-engine/opensearch/opensearch-subject.ts';
import { describeWithOpenSearch } from './servers/describe-with-opensearch.ts';

/** Braid as a whole, with real parsers, the real embedding model and a real engine. */

const topics = ['wing', 'engine', 'rudder', 'landing gear', 'cockpit'];
const corpus: Document[] = topics.flatMap((topic, at) => [
  {
    documentId: `manual/${topic}.md`,
    source: 'test',
    title: `The ${topic}`,
    mediaType: 'text/markdown',
    content: `# The ${topic}\n\nThe ${topic} of an aircraft is inspected every ${at + 1} weeks.\n\n## Repair\n\nA damaged ${topic} is repaired by the crew chief.`,
    metadata: { topic, year: 2000 + at, tags: ['manual', topic] },
  },
  {
    documentId: `notes/${topic}.txt`,
    source: 'test',
    content: `Notes on the ${topic}: nothing was found in the last inspection of the ${topic}.`,
    metadata: { topic, year: 2010 + at },
    ...(topic === 'cockpit' && { access: { allow: ['group:pilots'] } }),
  },
]);

function describeBraid(
  name: string,
  settings: () => Partial<Config>,
  cleanUp?: (config: Config) => Promise<void>,
): void {
  describe(name, () => {
    let braid: Braid;
    let config: Config;
    let folder: string;
    const reader = (...principals: string[]) => braid.scopes.reader('default', principals);
    const search = (request: SearchRequest) => braid.pipeline.search(reader(), request);
    const idsOf = (hits: readonly Hit[]) => hits.map(({ chunk }) => chunk.chunkId);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'braid-whole-'));
      const overrides = { ...settings(), data: folder, log: { level: 'error' as const } };
      config = await loadConfig({ overrides, environment: {}, cwd: folder });
      braid = await createBraid(config);
      const writer = braid.scopes.operator('default');
      for (const document of corpus) await braid.pipeline.write(writer, { operation: 'upsert', document });
      await braid.documents.refresh(writer);
    }, 120_000);

    afterAll(async () => {
      await braid.close();
      await cleanUp?.(config);
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    it('finds what was meant, and explains the place of every hit', async () => {
      const { results, request, timings, degraded } = await search({
        query: 'who mends a broken rudder?',
        topK: 3,
      });
      expect(results[0]!.documentId).toBe('manual/rudder.md');
      expect(request).toMatchObject({ fusion: { method: 'linear', normalization: 'min_max' }, topK: 3 });
      expect(degraded).toEqual([]);
      expect(Object.keys(timings)).toEqual(
        expect.arrayContaining(['embed', 'lexical', 'dense', 'fuse', 'fetch', 'total']),
      );
      for (const { breakdown, score } of results) {
        const contributions = (breakdown.lexical?.contribution ?? 0) + (breakdown.dense?.contribution ?? 0);
        expect(score).toBeCloseTo(contributions, 9);
      }
    });

    it('boosts, folds and diversifies the list, and says so of each hit', async () => {
      const query = 'inspection of the wing';
      const plain = await search({ query, topK: 20 });
      const boosted = await search({
        query,
        topK: 20,
        boosts: [{ weight: 5, equals: { key: 'tags', value: 'manual' } }],
      });
      const manuals = boosted.results.map(({ documentId }) => documentId.startsWith('manual/'));
      expect(manuals.lastIndexOf(true)).toBeLessThan(manuals.indexOf(false));
      const [first] = boosted.results;
      expect(first!.score).toBeCloseTo(first!.breakdown.fused.score + 5, 9);
      expect(first!.breakdown.boosted).toMatchObject({ rank: 1, boosts: [5] });

      const spread = await search({
        query,
        topK: 20,
        diversity: { lambda: 0 },
        duplicates: { similarity: 0.6 },
      });
      const folded = spread.results.flatMap(({ duplicates = [] }) => duplicates);
      expect(folded.length).toBeGreaterThan(0);
      expect(spread.results.length + folded.length).toBe(plain.results.length);
      expect(spread.results.map(({ breakdown }) => breakdown.diversified!.rank)).toEqual(
        spread.results.map((_, at) => at + 1),
      );
      expect(spread.timings.diversify).toBeGreaterThan(0);
    });

    it('searches again with feedback and hardly depends on candidates when completed', async () => {
      const query = 'who mends a broken rudder?';
      const [plain, fedBack] = [
        await search({ query }),
        await search({ query, feedback: { weight: 1, hits: 1 } }),
      ];
      // With all the weight on the best hit, its own vector is the query.
      const best = plain.results[0]!.chunk.chunkId;
      const again = fedBack.results.find(({ chunk }) => chunk.chunkId === best)!;
      expect(again.breakdown.dense!.score).toBeCloseTo(1, 4);
      const completed = await search({
        query,
        topK: 3,
        lexical: { candidates: 3 },
        dense: { candidates: 3 },
        complete: true,
      });
      const scores = completed.results.flatMap(({ breakdown }) => [breakdown.dense!.score]);
      expect(scores.every((score) => score !== null)).toBe(true);
    });

    it('gives the same list every time, and page by page what it gives at once', async () => {
      const request = {
        query: 'inspection of the wing',
        lexical: { candidates: 50 },
        dense: { candidates: 50 },
      };
      const whole = idsOf((await search({ ...request, topK: 50 })).results);
      expect(idsOf((await search({ ...request, topK: 50 })).results)).toEqual(whole);
      const paged: string[] = [];
      for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages += 1) {
        const page = await search({ ...request, topK: 4, ...(cursor !== undefined && { cursor }) });
        paged.push(...idsOf(page.results));
        cursor = page.cursor;
      }
      expect(paged).toEqual(whole);
    });

    it('says that a cursor has expired once what was shown has changed', async () => {
      const writer = braid.scopes.operator('default');
      const { cursor } = await search({ query: 'crosswind limits of the aeroplane', topK: 2 });
      const document: Document = {
        documentId: 'new',
        source: 'test',
        content: 'crosswind limits of the aeroplane',
      };
      await braid.pipeline.write(writer, { operation: 'upsert', document }, { searchable: true });
      const next = search({ query: 'crosswind limits of the aeroplane', topK: 2, cursor: cursor! });
      await expect(next).rejects.toThrow(CursorExpired);
      await braid.pipeline.write(writer, { operation: 'delete', documentId: 'new' }, { searchable: true });
    });

    it('collapses by document, filters, counts facets and holds minimum scores', async () => {
      const collapsed = await search({ query: 'wing repair', topK: 20, collapse: 'document' });
      const documents = collapsed.results.map(({ documentId }) => documentId);
      expect(new Set(documents).size).toBe(documents.length);

      const filter = { greaterThan: { key: 'year', value: 2009 } };
      const filtered = await search({
        query: 'wing',
        topK: 20,
        filter,
        facets: [{ key: 'topic' }, { key: 'year', statistics: true }],
      });
      expect(new Set(filtered.results.map(({ documentId }) => documentId.split('/')[0]))).toEqual(
        new Set(['notes']),
      );
      // Five notes, of which one is for pilots only.
      expect(filtered.facets[1]).toEqual({
        key: 'year',
        statistics: { documents: 4, minimum: 2010, maximum: 2013, mean: 2011.5, sum: 8046 },
      });

      const minimum = await search({ query: 'wing', topK: 20, minimumScore: { on: 'dense', value: 0.4 } });
      expect(minimum.results.length).toBeGreaterThan(0);
      for (const { breakdown } of minimum.results) expect(breakdown.dense!.score).toBeGreaterThanOrEqual(0.4);
    });

    it('shows a document with an access list to its principals only, on every path', async () => {
      const [pilots, others] = [reader('group:pilots'), reader('group:pilot')];
      const query = 'notes on the cockpit';
      const seenBy = async (scope: typeof pilots) =>
        (await braid.pipeline.search(scope, { query, topK: 20 })).results.some(
          (hit) => hit.documentId === 'notes/cockpit.txt',
        );
      expect([await seenBy(pilots), await seenBy(others)]).toEqual([true, false]);
      await expect(braid.pipeline.document(others, 'notes/cockpit.txt')).rejects.toThrow(NotFound);
      expect((await braid.pipeline.document(pilots, 'notes/cockpit.txt')).chunks).toHaveLength(1);
      const listed = await braid.pipeline.documents(others, { limit: 100, deleted: false });
      expect(listed.records.map(({ documentId }) => documentId)).not.toContain('notes/cockpit.txt');
    });

    it('shows another tenant nothing', async () => {
      const stranger = braid.scopes.reader('stranger');
      const found = await braid.pipeline.search(stranger, { query: 'wing', facets: [{ key: 'topic' }] });
      expect(found).toMatchObject({ results: [], facets: [{ key: 'topic', values: [] }] });
      await expect(braid.pipeline.document(stranger, 'manual/wing.md')).rejects.toThrow(NotFound);
    });

    it('answers with sentences of the documents, each cited where it stands', async () => {
      const { answer, citations, abstained } = await answered('Who repairs a damaged rudder?');
      expect(abstained).toBe(false);
      expect(answer.text).toContain('A damaged rudder is repaired by the crew chief.');
      expect(citations.length).toBeGreaterThan(0);
      for (const { start, end, quote, documentId, chunkId } of citations) {
        expect(answer.text.slice(start, end)).toBe(quote);
        const { chunks } = await braid.pipeline.document(reader(), documentId);
        expect(chunks.find((chunk) => chunk.chunkId === chunkId)!.text).toContain(quote);
      }
    });

    it('says that the documents do not answer', async () => {
      expect(await answered('Which composer wrote the opera Fidelio?')).toMatchObject({
        abstained: true,
        citations: [],
      });
    });

    it('refuses what it cannot do', async () => {
      await expect(search({ query: 'a', rerank: { model: 'none' } })).rejects.toThrow(InvalidInput);
      await expect(answered('why?', { passages: 51 })).rejects.toThrow(InvalidInput);
      await expect(answered('why?', { model: 'other' })).rejects.toThrow(/configured: local\/extractive/);
    });

    it('cuts again what another strategy touches, and only that, and keeps the vectors of equal texts', async () => {
      const writeAll = async (chunking: Config['ingest']['chunking']) => {
        const other = await createBraid({ ...config, ingest: { ...config.ingest, chunking } });
        try {
          const writer = other.scopes.operator('default');
          const results = [];
          for (const document of corpus) {
            results.push(await other.pipeline.write(writer, { operation: 'upsert', document }));
          }
          return results;
        } finally {
          await other.close();
        }
      };
      const none = { strategy: 'none' } as const;
      const cutAgain = await writeAll([{ source: 'test', mediaType: 'text/markdown', chunking: none }]);
      for (const { documentId, outcome, chunks, version } of cutAgain) {
        const isMarkdown = documentId.endsWith('.md');
        expect({ documentId, outcome, version }).toEqual({
          documentId,
          outcome: isMarkdown ? 'updated' : 'unchanged',
          version: 1n,
        });
        expect(chunks).toBe(isMarkdown ? 1 : 0);
      }
      const back = await writeAll([{ source: 'elsewhere', chunking: none }]);
      expect(back.filter(({ outcome }) => outcome === 'updated')).toHaveLength(topics.length);
      expect(back.reduce((sum, { embedded }) => sum + embedded, 0)).toBe(0);
      expect((await writeAll({ strategy: 'default' })).every(({ outcome }) => outcome === 'unchanged')).toBe(
        true,
      );
    });

    async function answered(
      question: string,
      more: { passages?: number; model?: string } = {},
    ): Promise<AnswerResponse> {
      for await (const event of braid.pipeline.answer(reader(), { question, ...more })) {
        if (event.type === 'done') return event.response;
      }
      throw new Error('Expected the answer to end with done');
    }
  });
}

describeBraid('braid on sqlite', () => ({ engine: 'sqlite' }));

describeWithOpenSearch('braid on opensearch', (url) => {
  const connection = { url, indexPrefix: freshPrefix(), shards: 1, replicas: 0 };
  describeBraid(
    'the same',
    () => ({ engine: 'opensearch', opensearch: connection }),
    () => deleteIndices(url, connection.indexPrefix),
  );
});
