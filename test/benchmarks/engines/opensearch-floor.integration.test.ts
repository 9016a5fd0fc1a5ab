import { expect, it } from 'vitest';
import { createOpenSearchFloor } from '../../../benchmarks/engines/opensearch-floor.ts';
import { createBareOpenSearch } from '../../../benchmarks/ingestion/bare-opensearch.ts';
import { documentsOf, tenantsOf } from '../../../benchmarks/latency/synthetic-corpus.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';

describeWithOpenSearch('createOpenSearchFloor', (url) => {
  it('finds by both legs, of the tenant alone, and reads the texts that won', async () => {
    const shape = { chunks: 40, tenants: 2, dimensions: 384, chunksPerDocument: 4 };
    const [tenant, other] = tenantsOf(shape);
    const prefix = `floor-${process.pid}`;
    const bare = await createBareOpenSearch(url, prefix);
    const floor = createOpenSearchFloor(url, `${prefix}-bare`, 20, 1, 'texts');
    try {
      const documents = [...documentsOf(tenant!, shape)];
      await bare.write([...documents, ...documentsOf(other!, shape)]);
      const chunks = documents.flatMap(({ chunks: replaced }) => replaced!.chunks);
      const [{ chunk, vector }] = chunks as [(typeof chunks)[number]];
      const query = { tenantId: tenant!.tenantId, text: chunk.text, vector };
      const texts = await floor.search(query, 5);
      expect(texts[0]).toBe(chunk.text);
      expect(texts).toHaveLength(5);
      const own = chunks.map((one) => one.chunk.text);
      expect(texts.filter((text) => !own.includes(text))).toEqual([]);
      expect(await floor.search({ ...query, tenantId: 'nobody' }, 5)).toEqual([]);
    } finally {
      await floor.close();
      await bare.remove();
    }
  });
});
