import { describe, expect, test } from 'vitest';
import type { SearchRequest } from '../../domain/search.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';
import { createSearchDefaults } from '../../retrieval/search-defaults.ts';

const find = createSearchDefaults({
  defaults: { lexical: { weight: 0.3, candidates: 200 }, fusion: { method: 'rrf', rankConstant: 10 } },
  classes: { short: { dense: { weight: 0.2 } } },
  tenants: {
    acme: { defaults: { lexical: { weight: 0.9 } }, classes: { code: { dense: { weight: 0 } } } },
  },
});

const resolve = (tenantId: string, request: SearchRequest) =>
  resolveSearchRequest(request, [], find(tenantId, request.query).defaults);

const plain = 'what causes drag at high speed';

describe('createSearchDefaults', () => {
  test('gives all tenants the defaults, and the built-in ones where nothing is said', () => {
    expect(resolve('any', { query: plain })).toMatchObject({
      lexical: { weight: 0.3, candidates: 200, fields: { title: 1, text: 1 } },
      dense: { weight: 0.5, candidates: 100 },
      fusion: { method: 'rrf', rankConstant: 10 },
    });
    expect(find('any', plain).queryClass).toBeUndefined();
  });

  test('lays the class of the query over the defaults, and tells it', () => {
    expect(find('any', 'drag').queryClass).toBe('short');
    expect(resolve('any', { query: 'drag' })).toMatchObject({
      lexical: { weight: 0.3 },
      dense: { weight: 0.2 },
    });
    expect(find('any', 'parse_json').queryClass).toBeUndefined();
  });

  test('lays the tenant over the class, and its own class over that', () => {
    expect(resolve('acme', { query: 'drag' })).toMatchObject({
      lexical: { weight: 0.9, candidates: 200 },
      dense: { weight: 0.2 },
    });
    expect(find('acme', 'parse_json').queryClass).toBe('code');
    expect(resolve('acme', { query: 'parse_json' })).toMatchObject({
      lexical: { weight: 0.9 },
      dense: { weight: 0 },
    });
  });

  test('lets the request win, a leg field by field and the fusion whole', () => {
    const request = { query: plain, lexical: { weight: 1 }, fusion: { normalization: 'z_score' as const } };
    expect(resolve('any', request)).toMatchObject({
      lexical: { weight: 1, candidates: 200 },
      fusion: { method: 'linear', normalization: 'z_score' },
    });
  });

  test('raises its candidates to a topK that the request asks for', () => {
    expect(resolve('any', { query: plain, topK: 500 }).lexical.candidates).toBe(500);
  });

  test('completes no request that asks for RRF, and refuses one that asks for both', () => {
    const { defaults } = createSearchDefaults({ defaults: { complete: true } })('any', plain);
    expect(resolveSearchRequest({ query: plain }, [], defaults).complete).toBe(true);
    const fusion = { method: 'rrf' as const };
    expect(resolveSearchRequest({ query: plain, fusion }, [], defaults).complete).toBe(false);
    expect(() => resolveSearchRequest({ query: plain, fusion, complete: true }, [], defaults)).toThrow(
      'Expected no complete with method rrf',
    );
  });

  describe('with steps after the legs', () => {
    const steps = createSearchDefaults(
      {
        defaults: {
          rerank: { model: 'm', candidates: 20 },
          feedback: { hits: 2 },
          boosts: [{ weight: 0.1, equals: { key: 'kind', value: 'guide' } }],
          diversity: { lambda: 0.8, candidates: 30 },
          duplicates: { similarity: 0.95 },
          collapse: 'document',
        },
        tenants: { plain: { defaults: { rerank: false, feedback: false, collapse: false, boosts: [] } } },
      },
      ['m'],
    );
    const resolveSteps = (tenantId: string, request: Partial<SearchRequest> = {}) =>
      resolveSearchRequest({ query: plain, ...request }, ['m'], steps(tenantId, plain).defaults);

    test('applies them where the request says nothing', () => {
      expect(resolveSteps('any')).toMatchObject({
        rerank: { model: 'm', candidates: 20 },
        feedback: { weight: 0.4, hits: 2 },
        boosts: [{ weight: 0.1 }],
        diversity: { lambda: 0.8, candidates: 30 },
        duplicates: { similarity: 0.95, candidates: 50 },
        collapse: 'document',
      });
    });

    test('raises their candidates to a topK that the request asks for', () => {
      expect(resolveSteps('any', { topK: 100 })).toMatchObject({
        rerank: { candidates: 100 },
        diversity: { candidates: 100 },
        duplicates: { candidates: 100 },
      });
    });

    test('lets a request, or a tenant, do without', () => {
      const without = { rerank: false, feedback: false, diversity: false, duplicates: false } as const;
      const resolved = resolveSteps('any', { ...without, collapse: false, boosts: [] });
      for (const step of [...Object.keys(without), 'collapse']) expect(resolved).not.toHaveProperty(step);
      expect(resolved.boosts).toEqual([]);
      expect(resolveSteps('plain')).toMatchObject({ boosts: [], diversity: { lambda: 0.8 } });
      for (const step of ['rerank', 'feedback', 'collapse'])
        expect(resolveSteps('plain')).not.toHaveProperty(step);
      expect(resolveSteps('plain', { rerank: { model: 'm' } }).rerank).toEqual({
        model: 'm',
        candidates: 50,
      });
    });

    test('leaves away what the fusion or the legs of a request rule out, and refuses it where it is asked for', () => {
      const fusion = { method: 'rrf' as const };
      expect(resolveSteps('any', { fusion }).boosts).toEqual([]);
      expect(resolveSteps('any', { dense: { weight: 0 } })).not.toHaveProperty('feedback');
      expect(() => resolveSteps('any', { dense: { weight: 0 }, feedback: {} })).toThrow(
        'for feedback, got 0',
      );
      expect(() => resolveSteps('any', { fusion, boosts: steps('any', plain).defaults.boosts! })).toThrow(
        'no boosts with method rrf',
      );
    });

    test('refuses boosts that cannot be, also where the fusion takes none', () => {
      const boosts = [{ weight: 11, equals: { key: 'kind', value: 'guide' } }];
      expect(() => createSearchDefaults({ defaults: { fusion: { method: 'rrf' }, boosts } })).toThrow(
        'Cannot search by search.defaults: Expected boosts[0].weight',
      );
    });

    test('refuses a reranking model that is not configured', () => {
      expect(() => createSearchDefaults({ defaults: { rerank: { model: 'other' } } }, ['m'])).toThrow(
        'Cannot search by search.defaults: Unknown rerank.model "other", configured: m',
      );
    });
  });

  test('refuses at once what no search could carry out, naming the setting', () => {
    expect(() =>
      createSearchDefaults({ defaults: { lexical: { weight: 0 }, dense: { weight: 0 } } }),
    ).toThrow('Cannot search by search.defaults: Expected lexical.weight or dense.weight to be above 0');
    expect(() =>
      createSearchDefaults({
        defaults: { lexical: { weight: 0 } },
        tenants: { acme: { classes: { long: { dense: { weight: 0 } } } } },
      }),
    ).toThrow('Cannot search by search.tenants.acme.classes.long');
  });
});
