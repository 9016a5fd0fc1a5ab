import { createOpenSearchEngine } from '../../search-engine/opensearch/create-opensearch-engine.ts';
import { createSqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { readLines } from '../../sources/feeds/read-lines.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { createFeedUnderTest, readEnvelope, scopes, standInModel } from '../ingest/feed-under-test.ts';

/**
 * One replay in a process of its own, to be killed: `node replay-worker.ts ENGINE PLACE FILE FEED [BATCH]`, where PLACE
 * is a folder (sqlite) or an index prefix (opensearch). Prints the report. The embedding model is a stand-in.
 */
export type ReplayEngine = 'sqlite' | 'opensearch';

/** Opens the engine of a replay, over the address in `OPENSEARCH_URL` where it is OpenSearch. */
export function openReplayEngine(engine: ReplayEngine, place: string) {
  const embedding = { modelId: standInModel.id, dimensions: standInModel.dimensions };
  if (engine === 'sqlite')
    return createSqliteEngine({ folder: place, embedding, telemetry: silentTelemetry });
  return createOpenSearchEngine({
    connection: { url: openSearchUrl(), indexPrefix: place, shards: 1, replicas: 0 },
    embedding,
    telemetry: silentTelemetry,
  });
}

export function openSearchUrl(): string {
  return process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9201';
}

/** About as long as the chunks of the default strategy. */
const chunkCharacters = 1_200;

if (import.meta.main) {
  const [engine, place, file, name, batchEvents = '200'] = process.argv.slice(2);
  const adapter = await openReplayEngine(engine as ReplayEngine, place!);
  const { feeds } = createFeedUnderTest(
    adapter,
    { batchEvents: Number(batchEvents), concurrency: 32 },
    silentTelemetry,
    chunkCharacters,
  );
  const report = await feeds.run(scopes.operator('default'), {
    name: name!,
    format: 'braid',
    reader: readEnvelope,
    allowMassDelete: true,
    open: (signal) => readLines(file!, process.stdin, signal),
  });
  console.log(JSON.stringify({ ...report, maxResidentBytes: process.resourceUsage().maxRSS * 1024 }));
  await adapter.close();
}
