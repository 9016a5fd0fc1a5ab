import type { z } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { checkInput } from '../../api/check-input.ts';
import { documentBodySchema, documentPatchSchema } from '../../api/schemas/document.ts';
import { searchRequestSchema } from '../../api/schemas/search-request.ts';
import { InvalidInput } from '../../domain/errors.ts';

function refusal(schema: z.ZodType, value: unknown): string {
  try {
    checkInput(schema, value, 'body');
  } catch (error) {
    if (error instanceof InvalidInput) return `${error.field} | ${error.message}`;
    throw error;
  }
  return 'taken';
}

describe('checkInput', () => {
  it.each([
    [{}, 'query | Expected query to be a string, got nothing'],
    [{ query: '' }, 'query | Expected query to be at least 1 in length, got ""'],
    [
      { query: 'x'.repeat(4_001) },
      'query | Expected query to be at most 4000 in length, got a string of 4001 characters',
    ],
    [{ query: 1 }, 'query | Expected query to be a string, got 1'],
    [{ query: 'q', topK: 0 }, 'topK | Expected topK to be at least 1, got 0'],
    [{ query: 'q', topK: 10_001 }, 'topK | Expected topK to be at most 1000, got 10001'],
    [{ query: 'q', topK: 1.5 }, 'topK | Expected topK to be a whole number, got 1.5'],
    [{ query: 'q', topK: '10' }, 'topK | Expected topK to be a finite number, got "10"'],
    [{ query: 'q', topK: null }, 'topK | Expected topK to be a finite number, got null'],
    [{ query: 'q', dense: { weight: -1 } }, 'dense.weight | Expected dense.weight to be at least 0, got -1'],
    [
      { query: 'q', dense: { weight: Number.POSITIVE_INFINITY } },
      'dense.weight | Expected dense.weight to be a finite number, got Infinity',
    ],
    [
      { query: 'q', dense: { weight: Number.NaN } },
      'dense.weight | Expected dense.weight to be a finite number, got NaN',
    ],
    [
      { query: 'q', dense: { candidates: 10_001 } },
      'dense.candidates | Expected dense.candidates to be at most 10000, got 10001',
    ],
    [{ query: 'q', top_k: 3 }, 'top_k | Unknown field top_k'],
    [
      { query: 'q', lexical: { fields: { body: 1 } } },
      'lexical.fields.body | Unknown field lexical.fields.body',
    ],
    [
      { query: 'q', fusion: { method: 'sum' } },
      'fusion.method | Expected fusion.method to be one of "linear", "rrf", "log_odds", got "sum"',
    ],
    [
      { query: 'q', collapse: 'chunk' },
      'collapse | Expected collapse to be "document" or false, got "chunk"',
    ],
    [{ query: 'q', rerank: true }, 'rerank | Expected rerank to be an object or false, got true'],
    [
      { query: 'q', rerank: { candidates: 5 } },
      'rerank.model | Expected rerank.model to be a string, got nothing',
    ],
    [{ query: 'q', feedback: { hits: 0 } }, 'feedback.hits | Expected feedback.hits to be at least 1, got 0'],
    [{ query: 'q', diversity: { lambda: 1, depth: 5 } }, 'diversity.depth | Unknown field diversity.depth'],
    [
      { query: 'q', facets: new Array(21).fill({ key: 'a' }) },
      'facets | Expected facets to be at most 20 in number, got a list of 21',
    ],
    [
      { query: 'q', facets: [{ key: 'a', size: 0 }] },
      'facets[0].size | Expected facets[0].size to be at least 1, got 0',
    ],
    [
      { query: 'q', facets: [{ key: 'a', histogram: 0 }] },
      'facets[0].histogram | Expected facets[0].histogram to be above 0, got 0',
    ],
    [
      { query: 'q', facets: [{ key: 'a', ranges: [1, 'b'] }] },
      'facets[0].ranges[1] | Expected facets[0].ranges[1] to be a finite number, got "b"',
    ],
    [
      { query: 'q', facets: [{ key: 'a', sum: true }] },
      'facets[0] | Expected facets[0] to be { key } with at most one of size, histogram, ranges, dates and statistics, and facets inside it to a depth of 3, got an object',
    ],
    [
      { query: 'q', filter: { in: { key: 'a', value: [null] } } },
      'filter.in.value | Expected filter.in.value to be a list of strings, finite numbers and booleans',
    ],
    [[], 'body | Expected body to be an object, got a list of 0'],
  ])('names field and reason of search %#', (value, expected) => {
    expect(refusal(searchRequestSchema, value)).toBe(expected);
  });

  it.each([
    [{ content: 1 }, 'content | Expected content to be text or { base64 }, got 1'],
    [{ content: { base64: 1 } }, 'content.base64 | Expected content.base64 to be a string, got 1'],
    [{ content: 'x', version: 3 }, 'version | Expected version to be a string, got 3'],
    [
      { content: 'x', version: '-1' },
      'version | Expected version to be a whole number from 0 of at most 80 digits, as a decimal string, got "-1"',
    ],
    [
      { content: 'x', metadata: { a: null } },
      'metadata.a | Expected metadata.a to be a string, a finite number, a boolean or a list of strings, got null',
    ],
    [{ content: 'x', metadata: { a: [1] } }, 'metadata.a[0] | Expected metadata.a[0] to be a string, got 1'],
    [{ content: 'x', access: { users: [] } }, 'access.users | Unknown field access.users'],
  ])('names field and reason of document %#', (value, expected) => {
    expect(refusal(documentBodySchema, value)).toBe(expected);
  });

  it('refuses a patch that changes nothing', () => {
    expect(refusal(documentPatchSchema, { version: '1' })).toBe(
      'body | Expected body to be an object with metadata, access or expiresAt, got an object',
    );
  });

  it('bounds the depth of a filter before it recurses into it', () => {
    let filter: object = { equals: { key: 'a', value: 1 } };
    for (let depth = 0; depth < 100; depth += 1) filter = { andAll: [filter, filter] };
    expect(refusal(searchRequestSchema, { query: 'q', filter })).toMatch(
      /Expected filter to be at most 10 deep/,
    );
  });
});
