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
