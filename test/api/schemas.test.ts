import type { z } from '@hono/zod-openapi';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { answerRequestSchema, answerResponseSchema } from '../../api/schemas/answer.ts';
import type { accessSchema, metadataSchema } from '../../api/schemas/document-parts.ts';
import type { Exact } from '../../api/schemas/exact.ts';
import { filterSchema } from '../../api/schemas/filter.ts';
import { searchRequestSchema } from '../../api/schemas/search-request.ts';
import type { chunkSchema, hitSchema, searchResponseSchema } from '../../api/schemas/search-response.ts';
import type { Access } from '../../domain/access.ts';
import type { AnswerRequest, AnswerResponse } from '../../domain/answer.ts';
import type { Chunk } from '../../domain/chunk.ts';
import type { Metadata } from '../../domain/document.ts';
import { checkFilter } from '../../domain/filter.ts';
import type { Hit, SearchRequest, SearchResponse } from '../../domain/search.ts';

type Of<S extends z.ZodType> = Exact<z.output<S>>;
/** True for one and the same type, optional and readonly properties included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

describe('schemas', () => {
  it('have the types of the domain, checked by the compiler', () => {
    expectTypeOf<Same<Of<typeof searchRequestSchema>, Exact<SearchRequest>>>().toEqualTypeOf<true>();
    expectTypeOf<Same<Of<typeof searchResponseSchema>, Exact<SearchResponse>>>().toEqualTypeOf<true>();
    expectTypeOf<Same<Of<typeof hitSchema>, Exact<Hit>>>().toEqualTypeOf<true>();
    expectTypeOf<Same<Of<typeof chunkSchema>, Exact<Omit<Chunk, 'documentId'>>>>().toEqualTypeOf<true>();
    // Field by field: the compiler holds an Omit inside a larger type for another type than its result.
    type Question = Of<typeof answerRequestSchema>;
    type QuestionSearch = NonNullable<Question['search']>;
    type Search = Exact<Omit<SearchRequest, 'query' | 'cursor' | 'facets'>>;
    expectTypeOf<Same<keyof Question, keyof AnswerRequest>>().toEqualTypeOf<true>();
    expectTypeOf<Question>().toExtend<AnswerRequest>();
    expectTypeOf<AnswerRequest>().toExtend<Question>();
    expectTypeOf<Same<QuestionSearch, Search>>().toEqualTypeOf<true>();
    expectTypeOf<Same<Of<typeof answerResponseSchema>, Exact<AnswerResponse>>>().toEqualTypeOf<true>();
    expectTypeOf<Same<Of<typeof metadataSchema>, Exact<Metadata>>>().toEqualTypeOf<true>();
    expectTypeOf<Same<Of<typeof accessSchema>, Exact<Access>>>().toEqualTypeOf<true>();
  });

  it('take the fullest search request as it is', () => {
    const request: Required<SearchRequest> = {
      query: 'q',
      topK: 1_000,
      filter: {
        andAll: [{ equals: { key: 'a', value: ['x'] } }, { in: { key: 'b', value: [1, 'c', true] } }],
      },
      lexical: { weight: 0, candidates: 10_000, fields: { title: 0, text: 100 } },
      dense: { weight: 1e9, candidates: 1_000 },
      fusion: { method: 'linear', normalization: 'z_score', rankConstant: 1 },
      complete: false,
      feedback: { weight: 1, hits: 20 },
      boosts: [
        { weight: -10, recency: { key: 'a', halfLifeDays: 0.5, origin: '2026-01-01' } },
        { weight: 10, saturation: { key: 'b', pivot: 1e-9 } },
        { weight: 1, equals: { key: 'c', value: false } },
      ],
      diversity: { lambda: 0, candidates: 1_000 },
      duplicates: { similarity: 1, candidates: 1_000 },
      rerank: { model: 'm', candidates: 1_000 },
      collapse: 'document',
      expand: 'parent',
      highlight: true,
      facets: [
        { key: 'a', size: 1_000 },
        { key: 'b', histogram: 0.5 },
        { key: 'c', ranges: [1, 2] },
        { key: 'd', statistics: true },
        {
          key: 'e',
          dates: { interval: 'month', timeZone: 'Europe/Berlin' },
          facets: [{ key: 'f', facets: [{ key: 'g', statistics: true }] }],
        },
      ],
      minimumScore: { on: 'rerank', value: -1 },
      cursor: 'c',
    };
    expect(searchRequestSchema.parse(request)).toEqual(request);
  });
});

describe('filterSchema', () => {
  // The union alone, as the OpenAPI document shows it.
  const documented = filterSchema('filter')._zod.def.out;

  function isTaken(filter: unknown): boolean {
    try {
      checkFilter(filter);
      return true;
    } catch {
      return false;
    }
  }

  const operators = [
    ...['equals', 'notEquals', 'greaterThan', 'greaterThanOrEquals', 'lessThan', 'lessThanOrEquals'],
    ...['in', 'notIn', 'startsWith', 'listContains', 'stringContains', 'andAll', 'orAll', 'like'],
  ];
  const values = [
    ...['a', '', 1, -0.5, Number.NaN, Number.POSITIVE_INFINITY, true, null, undefined, {}],
    ...[[], ['a'], ['a', 'b'], [1], ['a', 1, true], [null], [['a']]],
  ];

  it('takes each operator with exactly the values that the domain takes, so that the document tells the truth', () => {
    for (const operator of operators) {
      for (const value of values) {
        for (const key of ['k', '', 1]) {
          const filter = { [operator]: { key, value } };
          expect(documented.safeParse(filter).success, JSON.stringify(filter)).toBe(isTaken(filter));
        }
      }
    }
  });

  it('takes exactly the trees that the domain takes', () => {
    const leaf = fc
      .constantFrom('equals', 'in', 'like')
      .map((operator) => ({ [operator]: { key: 'k', value: ['a'] } }));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .tuple(fc.constantFrom('andAll', 'orAll'), fc.array(tie('tree'), { maxLength: 3 }))
          .map(([operator, filters]) => ({ [operator]: filters })),
      ),
    }));
    fc.assert(
      fc.property(tree, (filter) => {
        expect(documented.safeParse(filter).success).toBe(isTaken(filter));
      }),
    );
  });

  it.each([{}, [], null, 'equals', { equals: { key: 'k', value: 1 }, in: { key: 'k', value: [] } }])(
    'takes no %j',
    (filter) => {
      expect(documented.safeParse(filter).success).toBe(false);
      expect(isTaken(filter)).toBe(false);
    },
  );
});
