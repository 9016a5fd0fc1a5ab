import { expect, it } from 'vitest';
import { createBareOpenSearch } from '../../../benchmarks/ingestion/bare-opensearch.ts';
import { documentsOf, tenantsOf } from '../../../benchmarks/latency/synthetic-corpus.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';

describeWithOpenSearch('createBareOpenSearch', (url) => {
  it('writes each chunk into an index of the mapping that Braid has', async () => {
    const shape = { chunks: 12, tenants: 1, dimensions: 384, chunksPerDocument: 4 };
    const [tenant] = tenantsOf(shape);
    const prefix = `bare-bulk-${process.pid}`;
    const bare = await createBareOpenSearch(url, prefix);
    try {
      await bare.write([...documentsOf(tenant!, shape)]);
      const reply = await fetch(`${url}/${prefix}-bare/_count`);
      expect(await reply.json()).toMatchObject({ count: 12 });
    } finally {
      await bare.remove();
    }
  });
});
