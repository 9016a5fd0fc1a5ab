import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Metadata } from '../../domain/document.ts';
import type { Filter } from '../../domain/filter.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildRecord,
  drawUnitVector,
  putDocument,
  putRecord,
  storeDocuments,
  unitVector,
} from './document-builder.ts';
import { conditionArbitraries, filterArbitrary, metadataArbitrary } from './filter-arbitraries.ts';
import { filterCaseDocuments, filterCases } from './filter-cases.ts';
import { compareBytes, cosine, matchesFilter, nearestOf } from './oracle.ts';
import { freshTenant, scopes } from './scopes.ts';

const timeoutMs = 120_000;

/** Filters: identical answers to the oracle's on both legs, and k-NN that is full whenever it can be. */
export function describeFilters(subject: CurrentSubject): void {
  describe('filters', () => {
    describe('worked cases', () => {
      let scope: Scope;
      beforeAll(async () => {
        scope = await storeCorpus(subject, new Map(Object.entries(filterCaseDocuments)));
      }, timeoutMs);

      it.each(filterCases)('$name', async ({ filter, finds }) => {
        const found = await findOnBothLegs(subject, scope, filter);
        const expected = [...finds].sort(compareBytes);
        expect(found).toEqual({ lexical: expected, dense: expected });
      });
    });

    it('finds the links of a document under the key links, unless its metadata has one', async () => {
      const target = 'https://example.org/a?b=c';
      const scope = scopes.reader(freshTenant());
      const chunks = [everyChunksWord];
      const sketches = [
        { documentId: 'linked', chunks, links: ['b.md', target] },
        { documentId: 'own', chunks, links: [target], metadata: { links: 'none' } },
        { documentId: 'plain', chunks },
      ];
      await storeDocuments(subject(), scope, sketches);
      const find = (filter: Filter) => findOnBothLegs(subject, scope, filter);
      const toTarget: Filter = { listContains: { key: 'links', value: target } };
      const both = (...ids: string[]) => ({ lexical: ids, dense: ids });
      expect(await find(toTarget)).toEqual(both('linked'));
      expect(await find({ stringContains: { key: 'links', value: 'example.org' } })).toEqual(both('linked'));
      expect(await find({ equals: { key: 'links', value: 'none' } })).toEqual(both('own'));
      const { facets } = await subject().engine.find(scope, { facets: [{ key: 'links' }] });
      expect(facets).toEqual([
        { key: 'links', values: ['b.md', target, 'none'].map((value) => ({ value, documents: 1 })) },
      ]);
      const changed = buildRecord(scope.tenantId, { documentId: 'own', links: [target], version: 2n });
      await putRecord(subject(), scope, changed);
      await subject().documents.refresh(scope);
      expect(await find(toTarget)).toEqual(both('linked', 'own'));
      await putDocument(subject(), scope, { documentId: 'linked', chunks, version: 2n });
      await subject().documents.refresh(scope);
      expect(await find(toTarget)).toEqual(both('own'));
    });

    describe('against the oracle', () => {
      const corpus = generateCorpus(20_260_101);
      let scope: Scope;
      beforeAll(async () => {
        scope = await storeCorpus(subject, corpus);
      }, timeoutMs);

      it.each(Object.keys(conditionArbitraries))(
        '%s finds on both legs what the oracle finds',
        async (operator) => {
          const run = (filter: Filter) => expectOracle(subject, scope, corpus, filter);
          await fc.assert(fc.asyncProperty(conditionArbitraries[operator]!, run), { numRuns: 40 });
        },
        timeoutMs,
      );

      it(
        'nested andAll and orAll find on both legs what the oracle finds',
        async () => {
          const run = (filter: Filter) => expectOracle(subject, scope, corpus, filter);
          await fc.assert(fc.asyncProperty(filterArbitrary, run), { numRuns: 60 });
        },
        timeoutMs,
      );

      it('finds by a key and a value that look like SQL, patterns or paths nothing but what has them', async () => {
        const values = ["' OR 1=1 --", '"; DROP TABLE x', '*', '%', 'a* OR b', '{"match_all":{}}'];
        for (const value of values) {
          const filter: Filter = {
            orAll: [{ equals: { key: value, value } }, { stringContains: { key: 'lang', value } }],
          };
          await expectOracle(subject, scope, corpus, filter);
        }
      });

      it(
        'carries filters at their limits: 1,000 values, 100 conditions, 10 deep, 2,048-byte strings',
        async () => {
          const thousand = Array.from({ length: 998 }, (_, at) => `value ${at}`);
          await expectOracle(subject, scope, corpus, { in: { key: 'lang', value: [...thousand, 'a', 1] } });
          await expectOracle(subject, scope, corpus, {
            notIn: { key: 'lang', value: [...thousand, 'a', 1] },
          });
          const hundred = Array.from({ length: 100 }, (_, at) => ({
            key: 'lang',
            value: at % 2 === 0 ? at : `value ${at}`,
          }));
          await expectOracle(subject, scope, corpus, { andAll: hundred.map((notEquals) => ({ notEquals })) });
          await expectOracle(subject, scope, corpus, { orAll: hundred.map((equals) => ({ equals })) });
          let deep: Filter = { equals: { key: 'a', value: 'a' } };
          for (let depth = 2; depth <= 10; depth += 1) {
            const leaf: Filter = { stringContains: { key: 'lang', value: 'a' } };
            deep =
              depth % 2 === 0
                ? { orAll: [leaf, deep] }
                : { andAll: [{ notEquals: { key: 'b', value: 7 } }, deep] };
          }
          await expectOracle(subject, scope, corpus, deep);
          await expectOracle(subject, scope, corpus, {
            startsWith: { key: 'lang', value: 'x'.repeat(2_048) },
          });
        },
        timeoutMs,
      );
    });

    describe('inside k-NN', () => {
      const tenth = 10;
      const chunksEach = 10;
      const documents = 100;
      let scope: Scope;
      const stored: { documentId: string; ordinal: number; vector: Float32Array }[] = [];
      beforeAll(async () => {
        scope = scopes.reader(freshTenant());
        const { dimensions } = subject();
        const sketches = Array.from({ length: documents }, (_, at) => {
          const documentId = `document ${at}`;
          const chunks = Array.from({ length: at === 0 ? 1 : chunksEach }, (_, ordinal) => {
            const text = `word ${at} ${ordinal}`;
            const vector = drawUnitVector(text, dimensions);
            stored.push({ documentId, ordinal, vector });
            return { text, vector };
          });
          return { documentId, chunks, metadata: { number: at, tenth: at % tenth === 1 } };
        });
        await storeDocuments(subject(), scope, sketches);
      }, timeoutMs);

      const selectivities: [string, Filter | undefined, (at: number) => boolean, number][] = [
        ['all chunks', undefined, () => true, 100],
        ['all chunks by a filter', { greaterThanOrEquals: { key: 'number', value: 0 } }, () => true, 100],
        ['10 % of the chunks', { equals: { key: 'tenth', value: true } }, (at) => at % tenth === 1, 100],
        ['1 % of the chunks', { equals: { key: 'number', value: 57 } }, (at) => at === 57, 10],
        ['one chunk', { equals: { key: 'number', value: 0 } }, (at) => at === 0, 1],
      ];
      it.each(selectivities)(
        'where %s match, returns k whenever k match',
        async (_, filter, holds, most) => {
          const allowed = stored.filter(({ documentId }) => holds(Number(documentId.split(' ')[1])));
          for (const candidates of [1, 10, 100]) {
            for (const seed of ['one query', 'another query']) {
              const vector = drawUnitVector(seed, subject().dimensions);
              const { dense } = await subject().engine.find(scope, {
                dense: { vector, candidates },
                ...(filter !== undefined && { filter }),
              });
              const count = Math.min(candidates, most);
              expect(dense!.hits).toHaveLength(count);
              const ids = new Set(allowed.map(({ documentId, ordinal }) => `${documentId}#${ordinal}`));
              expect(dense!.hits.filter((hit) => !ids.has(`${hit.documentId}#${hit.ordinal}`))).toEqual([]);
              const nearest = nearestOf(vector, allowed, count);
              // Where the graph of vectors is searched it may miss one; where a filter is narrow nothing may be missed.
              const missed = nearest.filter(
                (near) =>
                  !dense!.hits.some(
                    (hit) => hit.documentId === near.documentId && hit.ordinal === near.ordinal,
                  ),
              );
              expect(missed.length).toBeLessThanOrEqual(allowed.length > 100 ? Math.ceil(count / 20) : 0);
            }
          }
        },
        timeoutMs,
      );

      it('returns k where the filter lets through only the farthest chunks', async () => {
        const { dimensions } = subject();
        const query = unitVector([1], dimensions);
        const farthest = [...stored].sort(
          (left, right) => cosine(query, left.vector) - cosine(query, right.vector),
        );
        const ids = [...new Set(farthest.map(({ documentId }) => documentId))].slice(0, 3);
        const numbers = ids.map((documentId) => Number(documentId.split(' ')[1]));
        const matching = stored.filter(({ documentId }) => ids.includes(documentId)).length;
        const { dense } = await subject().engine.find(scope, {
          dense: { vector: query, candidates: matching },
          filter: { in: { key: 'number', value: numbers } },
        });
        expect(dense!.hits).toHaveLength(matching);
      });
    });
  });
}

const everyChunksWord = 'everywhere';

/** 60 documents whose metadata lack keys and mix types under one key; every third has two chunks. */
function generateCorpus(seed: number): Map<string, Metadata> {
  const [metadata] = fc.sample(fc.array(metadataArbitrary, { minLength: 60, maxLength: 60 }), {
    seed,
    numRuns: 1,
  });
  return new Map(metadata!.map((value, at) => [`document ${at}`, value]));
}

async function storeCorpus(subject: CurrentSubject, corpus: ReadonlyMap<string, Metadata>): Promise<Scope> {
  const scope = scopes.reader(freshTenant());
  const sketches = [...corpus].map(([documentId, metadata], at) => ({
    documentId,
    metadata,
    chunks:
      at % 3 === 0
        ? [`${everyChunksWord} first ${at}`, `${everyChunksWord} second ${at}`]
        : [`${everyChunksWord} only ${at}`],
  }));
  await storeDocuments(subject(), scope, sketches);
  return scope;
}

async function findOnBothLegs(
  subject: CurrentSubject,
  scope: Scope,
  filter: Filter,
): Promise<{ lexical: string[]; dense: string[] }> {
  const { lexical, dense } = await subject().engine.find(scope, {
    lexical: { text: everyChunksWord, fields: { title: 1, text: 1 }, candidates: 200 },
    dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 200 },
    filter,
  });
  expect([lexical!.failed, dense!.failed]).toEqual([undefined, undefined]);
  const ids = (hits: readonly { documentId: string }[]) =>
    [...new Set(hits.map(({ documentId }) => documentId))].sort(compareBytes);
  return { lexical: ids(lexical!.hits), dense: ids(dense!.hits) };
}

async function expectOracle(
  subject: CurrentSubject,
  scope: Scope,
  corpus: ReadonlyMap<string, Metadata>,
  filter: Filter,
): Promise<void> {
  const expected = [...corpus]
    .filter(([, metadata]) => matchesFilter(filter, metadata))
    .map(([documentId]) => documentId)
    .sort(compareBytes);
  expect(await findOnBothLegs(subject, scope, filter)).toEqual({ lexical: expected, dense: expected });
}
