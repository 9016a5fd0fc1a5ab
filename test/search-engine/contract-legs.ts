import { describe, expect, it } from 'vitest';
import type { Scope } from '../../domain/scope.ts';
import type { Leg, LegsQuery } from '../../search-engine/search-engine.ts';
import type { CurrentSubject } from './contract-subject.ts';
import {
  buildChunks,
  type DocumentSketch,
  drawUnitVector,
  storeDocuments,
  unitVector,
} from './document-builder.ts';
import { compareBytes, cosine, nearestOf } from './oracle.ts';
import { freshTenant, scopes } from './scopes.ts';

const _timeoutMs = 60_000;
const both = { title: 1, text: 1 };

/** The legs: what each finds, in which order, and that no query text can break one. */
export function describeLegs(subject: CurrentSubject): void {
  const lexical = async (
    scope: Scope,
    text: string,
    options: Partial<NonNullable<LegsQuery['lexical']>> = {},
  ): Promise<Leg> => {
    const query = { lexical: { text, fields: both, candidates: 100, ...options } };
    return (await subject().engine.find(scope, query)).lexical!;
  };
  const idsFound = async (...query: Parameters<typeof lexical>) =>
    (await lexical(...query)).hits.map(({ documentId }) => documentId);
  const store = async (sketches: readonly DocumentSketch[]) => {
    const scope = scopes.reader(freshTenant());
    await storeDocuments(subject(), scope, sketches);
    return scope;
  };

  describe('both legs', () => {
    it('runs the legs that are asked for and no other', async () => {
      const scope = await store([{ documentId: 'a', chunks: ['needle'], metadata: { k: 'v' } }]);
      const vector = drawUnitVector('query', subject().dimensions);
      const { engine } = subject();
      const text = { text: 'needle', fields: both, candidates: 1 };
      const onlyLexical = await engine.find(scope, { lexical: text });
      expect([onlyLexical.lexical?.hits.length, onlyLexical.dense]).toEqual([1, undefined]);
      const onlyDense = await engine.find(scope, { dense: { vector, candidates: 1 } });
      expect([onlyDense.lexical, onlyDense.dense?.hits.length]).toEqual([undefined, 1]);
      const neither = await engine.find(scope, { facets: [{ key: 'k' }] });
      expect(neither.facets).toEqual([{ key: 'k', values: [{ value: 'v', documents: 1 }] }]);
      expect([neither.lexical, neither.dense]).toEqual([undefined, undefined]);
      expect(onlyDense.facets).toEqual([]);
      expect(onlyLexical.lexical!.milliseconds).toBeGreaterThanOrEqual(0);
    });

    it('names the chunk, its document and its ordinal in each candidate', async () => {
      const sketch = { documentId: 'a/b c', chunks: ['needle one', 'needle two', 'straw'] };
      const scope = await store([sketch]);
      const expected = buildChunks(scope.tenantId, sketch, subject().dimensions).map(({ chunk }) => ({
        chunkId: chunk.chunkId,
        documentId: chunk.documentId,
        ordinal: chunk.ordinal,
        score: expect.any(Number),
      }));
      expect((await lexical(scope, 'needle')).hits).toEqual(expected.slice(0, 2));
      const { dense } = await subject().engine.find(scope, {
        dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 10 },
      });
      expect([...dense!.hits].sort((left, right) => left.ordinal - right.ordinal)).toEqual(expected);
    });

    it('orders equal scores by documentId in UTF-8 bytes, then by ordinal as a number', async () => {
      const ids = ['Z', 'a', 'a b', 'a!', 'a/b', 'ab', 'é', 'e\u0301', '\uff5e', '😀', '10', '9'];
      const vector = unitVector([1, 1], subject().dimensions);
      const chunk = { text: 'needle in hay', vector };
      const scope = await store(
        [...ids].reverse().map((documentId) => ({
          documentId,
          chunks: documentId === 'a' ? Array(12).fill(chunk) : [chunk],
        })),
      );
      const expected = [...ids]
        .sort(compareBytes)
        .flatMap((documentId) =>
          Array.from({ length: documentId === 'a' ? 12 : 1 }, (_, ordinal) => `${documentId}#${ordinal}`),
        );
      const found = await subject().engine.find(scope, {
        lexical: { text: 'needle', fields: both, candidates: 100 },
        dense: { vector, candidates: 100 },
      });
      const names = (leg: Leg) => leg.hits.map(({ documentId, ordinal }) => `${documentId}#${ordinal}`);
      expect(names(found.lexical!)).toEqual(expected);
      expect(names(found.dense!)).toEqual(expected);
      expect(new Set(found.lexical!.hits.map(({ score }) => score)).size).toBe(1);
      expect(names(await lexical(scope, 'needle', { candidates: 5 }))).toEqual(expected.slice(0, 5));
    });

    it('answers the same query the same way again', async () => {
      const scope = await store(
        Array.from({ length: 30 }, (_, at) => ({
          documentId: `${at}`,
          chunks: [`needle ${'hay '.repeat(at % 5)}`],
        })),
      );
      const query = {
        lexical: { text: 'needle hay', fields: both, candidates: 20 },
        dense: { vector: drawUnitVector('query', subject().dimensions), candidates: 20 },
      };
      const first = await subject().engine.find(scope, query);
      const again = await subject().engine.find(scope, query);
      expect(again.lexical!.hits).toEqual(first.lexical!.hits);
      expect(again.dense!.hits).toEqual(first.dense!.hits);
    });

    it('refuses to run for a caller who has gone', async () => {
      const scope = await store([{ documentId: 'a', chunks: ['needle'] }]);
      const gone = AbortSignal.abort();
      const query = { lexical: { text: 'needle', fields: both, candidates: 1 } };
      await expect(subject().engine.find(scope, query, gone)).rejects.toThrow();
      const { hits } = await lexical(scope, 'needle');
      await expect(subject().engine.fetch(scope, hits, { parents: false }, gone)).rejects.toThrow();
    });

    it('serves many calls at once, each with its own answer', async () => {
      const scope = await store(
        Array.from({ length: 20 }, (_, at) => ({ documentId: `${at}`, chunks: [`needle unique${at}`] })),
      );
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => idsFound(scope, `unique${at}`)),
      );
      expect(answers).toEqual(Array.from({ length: 20 }, (_, at) => [`${at}`]));
    });
  });

  describe('completed legs', () => {
    const scored = (leg: Leg) => new Map(leg.hits.map(({ chunkId, score }) => [chunkId, score]));

    it('score what only the other leg found as a deeper search does, and leave the hits as they are', async () => {
      const { dimensions, engine } = subject();
      const scope = await store(
        Array.from({ length: 40 }, (_, at) => ({
          documentId: `document ${at}`,
          metadata: { number: at },
          chunks: [
            `${'needle '.repeat((at % 4) + 1)}${'hay '.repeat(at % 7)}one`,
            at % 3 === 0 ? `straw ${at}` : `needle ${'hay '.repeat(at)}two`,
          ],
        })),
      );
      for (const seed of ['first query', 'second query']) {
        for (const filter of [undefined, { lessThan: { key: 'number', value: 25 } }]) {
          const query = (candidates: number) => ({
            lexical: { text: 'needle', fields: both, candidates },
            dense: { vector: drawUnitVector(seed, dimensions), candidates },
            ...(filter !== undefined && { filter }),
          });
          const shallow = await engine.find(scope, query(7));
          const completed = await engine.find(scope, { ...query(7), complete: true });
          const deep = await engine.find(scope, query(1_000));
          for (const [name, other] of [
            ['lexical', 'dense'],
            ['dense', 'lexical'],
          ] as const) {
            const leg = completed[name]!;
            expect(leg.hits).toEqual(shallow[name]!.hits);
            const found = scored(leg);
            const all = scored(deep[name]!);
            const wanted = completed[other]!.hits.map(({ chunkId }) => chunkId).filter(
              (chunkId) => !found.has(chunkId) && all.has(chunkId),
            );
            expect([...leg.completed!.keys()].sort()).toEqual(wanted.sort());
            for (const [chunkId, score] of leg.completed!) expect(score).toBeCloseTo(all.get(chunkId)!, 4);
          }
          expect(completed.lexical!.completed!.size).toBeGreaterThan(0);
          expect(completed.dense!.completed!.size).toBeGreaterThan(0);
        }
      }
    });

    it('are those of the scope only', async () => {
      const { dimensions, engine } = subject();
      const tenant = freshTenant();
      const vector = drawUnitVector('query', dimensions);
      await storeDocuments(subject(), scopes.reader(tenant), [
        { documentId: 'open', chunks: ['needle', { text: 'straw', vector }] },
        {
          documentId: 'secret',
          chunks: ['needle needle', { text: 'hay', vector }],
          access: { allow: ['user:b'] },
        },
      ]);
      const found = await engine.find(scopes.reader(tenant, ['user:a']), {
        lexical: { text: 'needle', fields: both, candidates: 1 },
        dense: { vector, candidates: 1 },
        complete: true,
      });
      expect(found.lexical!.hits.map(({ documentId }) => documentId)).toEqual(['open']);
      expect(found.dense!.hits.map(({ documentId }) => documentId)).toEqual(['open']);
      expect([...found.dense!.completed!.keys()]).toEqual([found.lexical!.hits[0]!.chunkId]);
      expect([...found.lexical!.completed!.keys()]).toEqual([]);
    });

    it('do nothing where one leg runs alone, or nothing matches', async () => {
      const { dimensions, engine } = subject();
      const scope = await store([{ documentId: 'a', chunks: ['needle'] }]);
      const text = { text: 'needle', fields: both, candidates: 5 };
      const dense = { vector: drawUnitVector('query', dimensions), candidates: 5 };
      const lexicalAlone = await engine.find(scope, { lexical: text, complete: true });
      expect(lexicalAlone.lexical!.completed).toBeUndefined();
      const denseAlone = await engine.find(scope, { dense, complete: true });
      expect(denseAlone.dense!.completed).toBeUndefined();
      const unmatched = await engine.find(scope, {
        lexical: { ...text, text: 'straw' },
        dense,
        complete: true,
      });
      expect([unmatched.lexical!.hits.length, unmatched.lexical!.completed!.size]).toEqual([0, 0]);
      const wordless = await engine.find(scope, { lexical: { ...text, text: '!' }, dense, complete: true });
      expect([wordless.lexical!.hits.length, wordless.dense!.hits.length]).toEqual([0, 1]);
      const nobody = await engine.find(scopes.reader(freshTenant()), {
        lexical: text,
        dense,
        complete: true,
      });
      expect([nobody.lexical!.hits, nobody.dense!.hits]).toEqual([[], []]);
    });
  });

  describe('dense leg', () => {
    it('ranks as brute force does and scores the cosine', async () => {
      const { dimensions, engine } = subject();
      const sketches = Array.from({ length: 40 }, (_, at) => ({
        documentId: `document ${at}`,
        chunks: [`text ${at} one`, `text ${at} two`],
      }));
      const scope = await store(sketches);
      const stored = sketches.flatMap((sketch) =>
        buildChunks(scope.tenantId, sketch, dimensions).map(({ chunk, vector }) => ({ ...chunk, vector })),
      );
      for (const seed of ['first query', 'second query', 'third query']) {
        const vector = drawUnitVector(seed, dimensions);
        const expected = nearestOf(vector, stored, stored.length);
        const { dense } = await engine.find(scope, { dense: { vector, candidates: stored.length } });
        expect(dense!.hits.map(({ chunkId }) => chunkId)).toEqual(expected.map(({ chunkId }) => chunkId));
        for (const [at, hit] of dense!.hits.entries()) {
          expect(Math.abs(hit.score - expected[at]!.score)).toBeLessThan(1e-4);
        }
      }
    });

    it('scores 1 for the same direction, 0 for a right angle, −1 for the opposite', async () => {
      const { dimensions, engine } = subject();
      const scope = await store([
        { documentId: 'opposite', chunks: [{ text: 'opposite', vector: unitVector([-1], dimensions) }] },
        {
          documentId: 'right angle',
          chunks: [{ text: 'right angle', vector: unitVector([0, 1], dimensions) }],
        },
        { documentId: 'same', chunks: [{ text: 'same', vector: unitVector([1], dimensions) }] },
      ]);
      const { dense } = await engine.find(scope, {
        dense: { vector: unitVector([1], dimensions), candidates: 5 },
      });
      expect(dense!.hits.map(({ documentId }) => documentId)).toEqual(['same', 'right angle', 'opposite']);
      for (const [at, score] of [1, 0, -1].entries()) expect(dense!.hits[at]!.score).toBeCloseTo(score, 4);
    });

    it('returns exactly as many candidates as asked for while there are as many', async () => {
      const scope = await store(
        Array.from({ length: 25 }, (_, at) => ({
          documentId: `${at}`,
          chunks: [`text ${at}`, `more ${at}`],
        })),
      );
      const vector = drawUnitVector('query', subject().dimensions);
      for (const candidates of [1, 2, 49, 50, 51, 10_000]) {
        const { dense } = await subject().engine.find(scope, { dense: { vector, candidates } });
        expect(dense!.hits).toHaveLength(Math.min(candidates, 50));
        const scores = dense!.hits.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((left, right) => right - left));
      }
    });

    it('returns the 10,000 best of more, on both legs, with and without a filter', async () => {
      const { dimensions, engine } = subject();
      const scope = await store(
        Array.from({ length: 8 }, (_, at) => ({
          documentId: `document ${at}`,
          metadata: { number: at },
          chunks: Array.from({ length: 1_300 }, (_, ordinal) => `needle ${at} ${ordinal}`),
        })),
      );
      for (const filter of [undefined, { greaterThanOrEquals: { key: 'number', value: 0 } }]) {
        const found = await engine.find(scope, {
          lexical: { text: 'needle', fields: both, candidates: 10_000 },
          dense: { vector: drawUnitVector('query', dimensions), candidates: 10_000 },
          ...(filter !== undefined && { filter }),
        });
        for (const leg of [found.lexical!, found.dense!]) {
          expect(leg.hits).toHaveLength(10_000);
          expect(new Set(leg.hits.map(({ chunkId }) => chunkId)).size).toBe(10_000);
        }
      }
      const { dense } = await engine.find(scope, {
        dense: { vector: drawUnitVector('query', dimensions), candidates: 10_000 },
        filter: { lessThan: { key: 'number', value: 5 } },
      });
      expect(dense!.hits).toHaveLength(6_500);
    }, 120_000);

    it('finds chunks of one vector under several documents, each of them', async () => {
      const { dimensions, engine } = subject();
      const vector = unitVector([1, 2, 3], dimensions);
      const scope = await store(
        ['a', 'b', 'c'].map((documentId) => ({ documentId, chunks: [{ text: 'the same', vector }] })),
      );
      const { dense } = await engine.find(scope, { dense: { vector, candidates: 10 } });
      expect(dense!.hits.map(({ documentId }) => documentId)).toEqual(['a', 'b', 'c']);
      expect(cosine(vector, vector)).toBeCloseTo(dense!.hits[0]!.score, 4);
    });
  });
}
