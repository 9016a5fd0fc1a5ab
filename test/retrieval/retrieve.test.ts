import { describe, expect, it } from 'vitest';
import { EngineUnavailable, ModelUnavailable } from '../../domain/errors.ts';
import type { SearchRequest } from '../../domain/search.ts';
import { createScopeMaker } from '../../identity/scope.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';
import { createRetrieve } from '../../retrieval/retrieve.ts';
import type { Leg, LegsQuery, LegsResult, SearchEngine } from '../../search-engine/search-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

const scope = createScopeMaker({ accessRequired: () => false }).reader('t');
const hit = (documentId: string, score: number) => ({
  chunkId: `${documentId}-0`,
  documentId,
  ordinal: 0,
  score,
});
const broken: Leg = { hits: [], failed: 'shard failed', milliseconds: 1 };
const works = (...hits: ReturnType<typeof hit>[]): Leg => ({ hits, milliseconds: 1 });

function modelOf(embedQuery: EmbeddingModel['embedQuery']): EmbeddingModel {
  return {
    id: 'm',
    dimensions: 2,
    maxInputTokens: 10,
    maxTextsPerCall: 1,
    maxTextsAtOnce: 256,
    tokenizer: { count: () => 1, specialTokens: 0 },
    embedPassages: () => Promise.reject(new Error('Expected no passages')),
    embedQuery,
  };
}

const good = modelOf(async () => Float32Array.of(1, 0));
const down = modelOf(() => Promise.reject(new ModelUnavailable('Cannot reach the model')));
const unwanted = modelOf(() => Promise.reject(new Error('Expected the query not to be embedded')));

/** Runs a request over an engine that answers each leg as given, and keeps what it was asked. */
async function retrieve(
  request: Omit<SearchRequest, 'query'>,
  model: EmbeddingModel,
  legs: Partial<LegsResult>,
) {
  const asked: LegsQuery[] = [];
  const engine: SearchEngine = {
    async find(_, query) {
      asked.push(query);
      return {
        facets: [],
        ...(query.lexical && legs.lexical && { lexical: legs.lexical }),
        ...(query.dense && legs.dense && { dense: legs.dense }),
      };
    },
    fetch: () => Promise.reject(new Error('Expected no fetch')),
    features: () => Promise.reject(new Error('Expected no features')),
  };
  const resolved = resolveSearchRequest({ query: 'wing', ...request }, []);
  const retrieval = await createRetrieve(engine, model, silentTelemetry, 20)(scope, resolved);
  return { asked, retrieval, ids: retrieval.ranked.map(({ documentId }) => documentId) };
}

const both = { lexical: works(hit('a', 3), hit('b', 1)), dense: works(hit('b', 0.9), hit('c', 0.1)) };

describe('createRetrieve', () => {
  it('asks for both legs in one call and fuses them', async () => {
    const { asked, ids, retrieval } = await retrieve({}, good, both);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      lexical: { text: 'wing', candidates: 100 },
      dense: { candidates: 100 },
    });
    expect(ids).toEqual(['b', 'a', 'c']);
    expect(Object.keys(retrieval.timings).toSorted()).toEqual(['dense', 'embed', 'fuse', 'lexical']);
  });

  it('runs no leg of weight 0, and embeds no query without a dense leg', async () => {
    const lexicalOnly = await retrieve({ dense: { weight: 0 }, facets: [{ key: 'year' }] }, unwanted, both);
    expect(lexicalOnly.asked[0]).toMatchObject({ facetsMatchText: true });
    expect(lexicalOnly.asked[0]!.dense).toBeUndefined();
    const denseOnly = await retrieve({ lexical: { weight: 0 } }, good, both);
    expect(denseOnly.asked[0]!.lexical).toBeUndefined();
    expect(denseOnly.ids).toEqual(['b', 'c']);
  });

  it('names a leg that fails in the second round of feedback only, and once where it fails in both', async () => {
    const rounds = async (...lexical: readonly Leg[]) => {
      let round = 0;
      const engine: SearchEngine = {
        async find() {
          round += 1;
          return { facets: [], lexical: lexical[round - 1]!, dense: both.dense };
        },
        fetch: () => Promise.reject(new Error('Expected no fetch')),
        features: async () => [],
      };
      const resolved = resolveSearchRequest({ query: 'wing', feedback: {} }, []);
      return (await createRetrieve(engine, good, silentTelemetry)(scope, resolved)).degraded;
    };
    expect(await rounds(both.lexical, both.lexical)).toEqual([]);
    expect(await rounds(both.lexical, broken)).toEqual([{ stage: 'lexical', reason: 'shard failed' }]);
    expect(await rounds(broken, broken)).toEqual([{ stage: 'lexical', reason: 'shard failed' }]);
  });

  it.each([
    ['what is read of the first hits', 'features'],
    ['the second round', 'find'],
  ])('keeps the first list where %s fails with feedback, and says so', async (_, failing) => {
    let round = 0;
    const away = () => Promise.reject(new EngineUnavailable('Cannot read'));
    const engine: SearchEngine = {
      async find() {
        round += 1;
        if (failing === 'find' && round === 2) return away();
        return { facets: [], ...both };
      },
      fetch: () => Promise.reject(new Error('Expected no fetch')),
      features: failing === 'features' ? away : async () => [],
    };
    const resolved = resolveSearchRequest({ query: 'wing', feedback: {} }, []);
    const { ranked, degraded } = await createRetrieve(engine, good, silentTelemetry)(scope, resolved);
    expect(ranked.map(({ documentId }) => documentId)).toEqual(['b', 'a', 'c']);
    expect(degraded).toEqual([{ stage: 'feedback', reason: 'Cannot read' }]);
  });

  it('embeds a query for each tenant that asks it, and once for each', async () => {
    const embedded: string[] = [];
    const model = modelOf(async (query) => {
      embedded.push(query);
      return Float32Array.of(embedded.length, 0);
    });
    const searched: [string, number][] = [];
    const engine: SearchEngine = {
      async find({ tenantId }, { dense }) {
        searched.push([tenantId, dense!.vector[0]!]);
        return { facets: [], ...both };
      },
      fetch: () => Promise.reject(new Error('Expected no fetch')),
      features: () => Promise.reject(new Error('Expected no features')),
    };
    const search = createRetrieve(engine, model, silentTelemetry);
    const resolved = resolveSearchRequest({ query: 'wing' }, []);
    const { reader } = createScopeMaker({ accessRequired: () => false });
    for (const tenantId of ['a', 'b', 'a', 'b']) await search(reader(tenantId), resolved);
    expect(embedded).toEqual(['wing', 'wing']);
    expect(searched).toEqual([
      ['a', 1],
      ['b', 2],
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('goes on with the text search when the embedding model is down, and says so', async () => {
    const { ids, retrieval } = await retrieve({}, down, both);
    expect(ids).toEqual(['a', 'b']);
    expect(retrieval.degraded).toEqual([{ stage: 'embed', reason: 'Cannot reach the model' }]);
    expect(retrieval.ranked[0]!.breakdown.dense).toBeUndefined();
  });

  it('does not wait for a model that hangs', async () => {
    const { retrieval } = await retrieve(
      {},
      modelOf(() => new Promise(() => {})),
      both,
    );
    expect(retrieval.degraded).toEqual([
      { stage: 'embed', reason: 'the embedding model took longer than 20 ms' },
    ]);
  });

  it('fails when all that was asked for rests on the model that is down', async () => {
    await expect(retrieve({ lexical: { weight: 0 } }, down, both)).rejects.toThrow(ModelUnavailable);
    const minimum = { minimumScore: { on: 'dense', value: 0.2 } } as const;
    await expect(retrieve(minimum, down, both)).rejects.toThrow(ModelUnavailable);
  });

  it('does without a leg that failed, and fails when nothing is left', async () => {
    const { ids, retrieval } = await retrieve({}, good, { ...both, dense: broken });
    expect(ids).toEqual(['a', 'b']);
    expect(retrieval.degraded).toEqual([{ stage: 'dense', reason: 'shard failed' }]);
    await expect(retrieve({}, good, { lexical: broken, dense: broken })).rejects.toThrow(EngineUnavailable);
    await expect(retrieve({}, down, { ...both, lexical: broken })).rejects.toThrow(EngineUnavailable);
  });

  it('passes on the abort of the caller instead of degrading', async () => {
    const caller = new AbortController();
    const slow = modelOf(async () => {
      caller.abort(new Error('gone'));
      throw new Error('aborted');
    });
    const engine: SearchEngine = {
      find: () => Promise.reject(new Error('Expected no search')),
      fetch: () => Promise.reject(new Error('Expected no fetch')),
      features: () => Promise.reject(new Error('Expected no features')),
    };
    const request = resolveSearchRequest({ query: 'wing' }, []);
    await expect(
      createRetrieve(engine, slow, silentTelemetry)(scope, request, { signal: caller.signal }),
    ).rejects.toThrow('gone');
  });
});
