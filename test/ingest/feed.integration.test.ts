import { createOpenSearchEngine } from '../../search-engine/opensearch/create-opensearch-engine.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { removeIndices } from '../end-to-end/remove-indices.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { describeFeedEndState } from './feed-suite.ts';
import { standInModel } from './feed-under-test.ts';

/** A larger number makes the measurement of the documentation. */
const models = Number(process.env.BRAID_FEED_RUNS ?? 5);

describeWithOpenSearch('OpenSearch', (url) => {
  describeFeedEndState(
    'opensearch',
    async () => {
      const indexPrefix = `feed-suite-${process.pid}`;
      const adapter = await createOpenSearchEngine({
        connection: { url, indexPrefix, shards: 1, replicas: 0 },
        embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
        telemetry: silentTelemetry,
      });
      return {
        documents: adapter.documents,
        state: adapter.state,
        async close() {
          await adapter.close();
          await removeIndices(url, indexPrefix);
        },
      };
    },
    { models, faults: 40, letters: 20, crashEvery: models > 5 ? 1 : 15 },
  );
});
