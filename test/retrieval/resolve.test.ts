import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import type { SearchRequest } from '../../domain/search.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';

const resolve = (request: unknown) => resolveSearchRequest(request as SearchRequest, ['reranker']);

const calibration = { lexical: { midpoint: 8, slope: 0.2 }, dense: { midpoint: 0.4, slope: 10 } };
const equals = { weight: 1, equals: { key: 'k', value: 'v' } };

describe('resolveSearchRequest', () => {
  it('fills in every default', () => {
    expect(resolve({ query: 'wing' })).toEqual({
      query: 'wing',
      topK: 10,
      lexical: { weight: 0.5, candidates: 100, fields: { title: 1, text: 1 } },
      dense: { weight: 0.5, candidates: 100 },
      fusion: { method: 'linear', normalization: 'min_max' },
      complete: false,
      boosts: [],
      highlight: false,
      facets: [],
    });
  });

  it('raises the candidates with topK where they are not given', () => {
    const resolved = resolve({ query: 'wing', topK: 400 });
    expect([resolved.lexical.candidates, resolved.dense.candidates]).toEqual([400, 400]);
  });

  it('takes the default of its own resolved form', () => {
    const once = resolve({
      query: 'wing',
      fusion: { method: 'rrf' },
      facets: [{ key: 'year' }],
      rerank: { model: 'reranker' },
      feedback: {},
      diversity: { lambda: 0.7 },
      duplicates: { similarity: 0.9 },
    });
    expect(resolve(once)).toEqual(once);
  });

  it('takes log-odds with what calibrates them, completed legs too', () => {
    const fusion = { method: 'log_odds', calibration };
    expect(resolve({ query: 'wing', fusion, complete: true })).toMatchObject({ fusion, complete: true });
  });

  it.each<[string, unknown, string]>([
    ['no query', {}, 'query'],
    ['an empty query', { query: ' ' }, 'query'],
    ['a query of 4,001 characters', { query: 'x'.repeat(4001) }, 'query'],
    ['a lone surrogate', { query: '\ud800' }, 'query'],
    ['an unknown field', { query: 'a', vector: [1] }, 'vector'],
    ['an unknown field below', { query: 'a', dense: { wieght: 1 } }, 'dense.wieght'],
    ['topK 0', { query: 'a', topK: 0 }, 'topK'],
    ['topK 1,001', { query: 'a', topK: 1001 }, 'topK'],
    ['topK 1.5', { query: 'a', topK: 1.5 }, 'topK'],
    ['topK as text', { query: 'a', topK: '10' }, 'topK'],
    ['a negative weight', { query: 'a', lexical: { weight: -1 } }, 'lexical.weight'],
    ['a weight that is no number', { query: 'a', dense: { weight: Number.NaN } }, 'dense.weight'],
    ['an infinite weight', { query: 'a', dense: { weight: Number.POSITIVE_INFINITY } }, 'dense.weight'],
    ['both weights 0', { query: 'a', lexical: { weight: 0 }, dense: { weight: 0 } }, 'dense.weight'],
    ['candidates below topK', { query: 'a', topK: 20, dense: { candidates: 19 } }, 'dense.candidates'],
    ['candidates 10,001', { query: 'a', lexical: { candidates: 10_001 } }, 'lexical.candidates'],
    ['no field with weight', { query: 'a', lexical: { fields: { title: 0 } } }, 'lexical.fields'],
    ['log-odds uncalibrated', { query: 'a', fusion: { method: 'log_odds' } }, 'fusion.calibration'],
    [
      'log-odds with a leg uncalibrated',
      { query: 'a', fusion: { method: 'log_odds', calibration: { lexical: calibration.lexical } } },
      'fusion.calibration.dense.midpoint',
    ],
    [
      'log-odds with a slope of 0',
      {
        query: 'a',
        fusion: { method: 'log_odds', calibration: { ...calibration, dense: { midpoint: 0, slope: 0 } } },
      },
      'fusion.calibration.dense.slope',
    ],
    [
      'log-odds with a normalisation',
      { query: 'a', fusion: { method: 'log_odds', calibration, normalization: 'l2' } },
      'fusion.normalization',
    ],
    ['a calibration with linear', { query: 'a', fusion: { calibration } }, 'fusion.calibration'],
    ['complete with rrf', { query: 'a', fusion: { method: 'rrf' }, complete: true }, 'complete'],
    ['complete as text', { query: 'a', complete: 'yes' }, 'complete'],
    ['boosts with rrf', { query: 'a', fusion: { method: 'rrf' }, boosts: [equals] }, 'boosts'],
    ['11 boosts', { query: 'a', boosts: Array(11).fill(equals) }, 'boosts'],
    ['a boost of no kind', { query: 'a', boosts: [{ weight: 1 }] }, 'boosts[0]'],
    ['a boost of two kinds', { query: 'a', boosts: [{ ...equals, recency: { key: 'd' } }] }, 'boosts[0]'],
    ['a boost without weight', { query: 'a', boosts: [{ equals: equals.equals }] }, 'boosts[0].weight'],
    [
      'a boost of half-life 0',
      { query: 'a', boosts: [{ weight: 1, recency: { key: 'd', halfLifeDays: 0 } }] },
      'boosts[0].recency.halfLifeDays',
    ],
    [
      'a boost from no date',
      { query: 'a', boosts: [{ weight: 1, recency: { key: 'd', halfLifeDays: 1, origin: 'now' } }] },
      'boosts[0].recency.origin',
    ],
    [
      'a boost by a list',
      { query: 'a', boosts: [{ weight: 1, equals: { key: 'k', value: ['x'] } }] },
      'boosts[0].equals.value',
    ],
    [
      'a boost without key',
      { query: 'a', boosts: [{ weight: 1, saturation: { pivot: 1 } }] },
      'boosts[0].saturation.key',
    ],
    ['diversity without lambda', { query: 'a', diversity: {} }, 'diversity.lambda'],
    ['a lambda above 1', { query: 'a', diversity: { lambda: 1.1 } }, 'diversity.lambda'],
    [
      'diversity below topK',
      { query: 'a', topK: 60, diversity: { lambda: 1, candidates: 59 } },
      'diversity.candidates',
    ],
    ['a similarity below 0.5', { query: 'a', duplicates: { similarity: 0.4 } }, 'duplicates.similarity'],
    ['feedback without a dense leg', { query: 'a', dense: { weight: 0 }, feedback: {} }, 'feedback'],
    ['feedback of 0 hits', { query: 'a', feedback: { hits: 0 } }, 'feedback.hits'],
    ['an unknown fusion', { query: 'a', fusion: { method: 'sum' } }, 'fusion.method'],
    [
      'a normalization with rrf',
      { query: 'a', fusion: { method: 'rrf', normalization: 'l2' } },
      'fusion.normalization',
    ],
    ['a rank constant with linear', { query: 'a', fusion: { rankConstant: 60 } }, 'fusion.rankConstant'],
    [
      'metadata that is no list of keys',
      { query: 'a', rerank: { model: 'reranker', metadataFields: [] } },
      'rerank.metadataFields',
    ],
    ['an unknown reranker', { query: 'a', rerank: { model: 'x' } }, 'rerank.model'],
    [
      'rerank candidates below topK',
      { query: 'a', topK: 20, rerank: { model: 'reranker', candidates: 5 } },
      'rerank.candidates',
    ],
    [
      'a minimum on rrf',
      { query: 'a', fusion: { method: 'rrf' }, minimumScore: { on: 'fused', value: 0.1 } },
      'minimumScore',
    ],
    [
      'a minimum on a leg that is off',
      { query: 'a', dense: { weight: 0 }, minimumScore: { on: 'dense', value: 0.1 } },
      'minimumScore',
    ],
    [
      'a minimum on rerank without one',
      { query: 'a', minimumScore: { on: 'rerank', value: 0.1 } },
      'minimumScore',
    ],
    [
      'a minimum of NaN',
      { query: 'a', minimumScore: { on: 'fused', value: Number.NaN } },
      'minimumScore.value',
    ],
    ['21 facets', { query: 'a', facets: Array.from({ length: 21 }, () => ({ key: 'k' })) }, 'facets'],
    ['a facet of two kinds', { query: 'a', facets: [{ key: 'k', size: 5, histogram: 1 }] }, 'facets[0]'],
    ['a facet of width 0', { query: 'a', facets: [{ key: 'k', histogram: 0 }] }, 'facets[0].histogram'],
    ['ranges that fall', { query: 'a', facets: [{ key: 'k', ranges: [2, 1] }] }, 'facets[0].ranges'],
    [
      'a filter of two operators',
      { query: 'a', filter: { equals: { key: 'k', value: 1 }, in: { key: 'k', value: [1] } } },
      'filter',
    ],
    ['a null', { query: 'a', topK: null }, 'topK'],
    ['a null below', { query: 'a', dense: { weight: null } }, 'dense.weight'],
    ['a cursor that is no text', { query: 'a', cursor: 5 }, 'cursor'],
  ])('refuses %s, naming the field', (_, request, field) => {
    let error: unknown;
    try {
      resolve(request);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).field).toBe(field);
    expect((error as InvalidInput).message).not.toMatch(/\.$/);
  });
});
