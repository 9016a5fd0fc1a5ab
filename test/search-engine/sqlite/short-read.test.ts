import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Filter } from '../../../domain/filter.ts';
import type { LegsQuery, LegsResult } from '../../../search-engine/search-engine.ts';
import type { SqliteEngine } from '../../../search-engine/sqlite/create-sqlite-engine.ts';
import { isShortFetch, isShortFind } from '../../../search-engine/sqlite/short-read.ts';
import { storeDocuments } from '../document-builder.ts';
import { scopes } from '../scopes.ts';
import { openEngine, temporaryFolder } from './sqlite-subject.ts';

const fields = { title: 1, text: 1 };
const vector = Float32Array.from([1, 0, 0, 0, 0, 0, 0, 0]);

describe('isShortFind', () => {
  const query = (change: object = {}): LegsQuery => ({
    lexical: { text: 'the lighthouse', fields, candidates: 100 },
    dense: { vector, candidates: 100 },
    ...change,
  });
  const equals: Filter = { equals: { key: 'lang', value: 'en' } };

  it('takes what most searches ask for', () => {
    expect(isShortFind(query())).toBe(true);
    expect(isShortFind(query({ filter: { andAll: [equals, equals] } }))).toBe(true);
  });
  it.each([
    ['candidates of the lexical leg', { lexical: { text: 'a', fields, candidates: 10_000 } }],
    ['candidates of the dense leg', { dense: { vector, candidates: 10_000 } }],
    ['words', { lexical: { text: 'word '.repeat(800), fields, candidates: 10 } }],
    ['conditions', { filter: { orAll: Array.from({ length: 100 }, () => equals) } }],
    ['values of a condition', { filter: { in: { key: 'lang', value: Array(1_000).fill('en') } } }],
    ['facets', { facets: [{ key: 'lang' }] }],
  ])('leaves many %s to the threads', (_, change) => {
    expect(isShortFind(query(change))).toBe(false);
  });
});

describe('isShortFetch', () => {
  it('leaves many chunks, and marked words, to the threads', () => {
    const chunks = Array.from({ length: 101 }, (_, at) => ({ chunkId: `${at}`, documentId: 'a' }));
    expect(isShortFetch(chunks.slice(1), { parents: true })).toBe(true);
    expect(isShortFetch(chunks, { parents: false })).toBe(false);
    expect(isShortFetch(chunks.slice(99), { parents: false, highlight: 'word' })).toBe(false);
  });
});

describe('a short read', () => {
  const folder = temporaryFolder();
  const scope = scopes.operator('one');
  let here: SqliteEngine;
  let inThreads: SqliteEngine;
  const words = ['light', 'house', 'keeper', 'storm', 'lamp'];
  beforeAll(async () => {
    const writing = await openEngine(folder.path);
    for (let at = 0; at < 40; at += 1) {
      const text = words.filter((_, place) => (at >> place) & 1).join(' ');
      await storeDocuments(writing, scope, [
        { documentId: `d${at}`, metadata: { even: at % 2 === 0 }, chunks: [`${text} x`, `lamp ${at}`] },
      ]);
    }
    here = writing;
    inThreads = await openEngine(folder.path, { readInPlaceBytes: 0 });
  });
  afterAll(async () => {
    await inThreads.close();
    await here.close();
    folder.remove();
  });
  const told = ({ lexical, dense, facets }: LegsResult) => {
    const legOf = (leg: LegsResult['dense']) => leg && { ...leg, milliseconds: 0 };
    return { lexical: legOf(lexical), dense: legOf(dense), facets };
  };

  it('comes to the same in place and in a thread', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          text: fc.subarray(words, { minLength: 1 }).map((some) => some.join(' ')),
          candidates: fc.integer({ min: 1, max: 120 }),
          complete: fc.boolean(),
          isFiltered: fc.boolean(),
          first: fc.float({ min: -1, max: 1, noNaN: true }),
        }),
        async ({ text, candidates, complete, isFiltered, first }) => {
          const rest = Math.sqrt(1 - first ** 2);
          const query: LegsQuery = {
            lexical: { text, fields, candidates },
            dense: { vector: Float32Array.from([first, rest, 0, 0, 0, 0, 0, 0]), candidates },
            complete,
            ...(isFiltered && { filter: { equals: { key: 'even', value: true } } }),
          };
          const [one, other] = [
            await here.engine.find(scope, query),
            await inThreads.engine.find(scope, query),
          ];
          expect(told(one)).toEqual(told(other));
          const shown = one.lexical!.hits.slice(0, 10);
          const options = { parents: true };
          expect(await here.engine.fetch(scope, shown, options)).toEqual(
            await inThreads.engine.fetch(scope, shown, options),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
