import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenSearchFloor, type FloorReach } from '../../../benchmarks/engines/opensearch-floor.ts';
import { loadCorpus } from '../../../benchmarks/latency/load-corpus.ts';
import { documentsOf, tenantsOf } from '../../../benchmarks/latency/synthetic-corpus.ts';
import { connect } from '../../../search-engine/opensearch/connection.ts';
import {
  createOpenSearchEngine,
  type OpenSearchEngine,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import {
  deleteIndices,
  dimensions,
  freshPrefix,
  optionsOf,
} from '../../search-engine/opensearch/opensearch-subject.ts';
import { scopes } from '../../search-engine/scopes.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';

describeWithOpenSearch('createOpenSearchFloor', (url) => {
  const prefix = freshPrefix();
  const shape = { chunks: 40, tenants: 2, dimensions, chunksPerDocument: 4 };
  const tenants = tenantsOf(shape);
  const own = [...documentsOf(tenants[0]!, shape)].flatMap(({ chunks }) => chunks!.chunks);
  const [{ chunk, vector }] = own as [(typeof own)[number]];
  const query = { tenantId: tenants[0]!.tenantId, text: chunk.text, vector };
  let engine: OpenSearchEngine;

  beforeAll(async () => {
    engine = await createOpenSearchEngine(optionsOf(url, prefix));
    await loadCorpus(engine.documents, scopes, tenants, shape, () => {});
  });

  afterAll(async () => {
    await engine.close();
    await deleteIndices(url, prefix);
  });

  const withFloor = async (
    reach: FloorReach,
    ask: (floor: ReturnType<typeof createOpenSearchFloor>) => unknown,
  ) => {
    const floor = createOpenSearchFloor(url, prefix, 20, 1, reach);
    try {
      await ask(floor);
    } finally {
      await floor.close();
    }
  };

  it.each(['texts', 'hits'] as const)(
    'finds by both legs, of the tenant alone, and reads the %s that won',
    (reach) =>
      withFloor(reach, async (floor) => {
        const texts = await floor.search(query, 5);
        expect(texts[0]).toBe(chunk.text);
        expect(texts).toHaveLength(5);
        expect(texts.filter((text) => !own.some((one) => one.chunk.text === text))).toEqual([]);
        expect(await floor.search({ ...query, tenantId: 'nobody' }, 5)).toEqual([]);
      }),
  );

  it('reads whole hits with their records, and texts without', async () => {
    const connection = connect({ url });
    await connection.request({
      method: 'POST',
      path: `/${prefix}-documents/_delete_by_query`,
      query: { refresh: true },
      body: { query: { match_all: {} } },
    });
    await connection.close();
    await withFloor('texts', async (floor) => expect(await floor.search(query, 5)).toHaveLength(5));
    await withFloor('hits', async (floor) => expect(floor.search(query, 5)).rejects.toThrow('no record'));
  });
});
