import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Braid, createBraid } from '../../braid.ts';
import { loadConfig } from '../../config.ts';
import type { FeedReport } from '../../domain/feed.ts';
import { removeIndices } from './remove-indices.ts';
import { readRecordedFeed } from './replay-events.ts';

/**
 * The recorded feed through everything that Braid itself puts in its way, parser, chunker and local embedding model, and
 * beside it the documents of its end alone: `node test/end-to-end/replay-model.ts [--engine opensearch]`. Prints for each the texts embedded,
 * the time, and how many documents are not as they must be, by hash.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', default: 'opensearch' },
      tenants: { type: 'string', multiple: true, default: ['bare', 'replayed'] },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'braid-model-'));
  const indexPrefix = `replay-model-${process.pid}`;
  const url = process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9201';
  const braid = await createBraid(
    await loadConfig({
      cwd: folder,
      environment: {
        BRAID_ENGINE: values.engine,
        BRAID_DATA: join(folder, 'data'),
        OPENSEARCH_URL: url,
        BRAID_OPENSEARCH_INDEX_PREFIX: indexPrefix,
        BRAID_LOG_LEVEL: 'error',
      },
    }),
  );
  try {
    const feed = await readRecordedFeed();
    const lines = { bare: feed.finalLines, replayed: feed.lines };
    for (const tenantId of values.tenants as ('bare' | 'replayed')[]) {
      const report = await replay(braid, tenantId, lines[tenantId]);
      const wrong = await countWrong(braid, tenantId, feed.finalState);
      console.log(JSON.stringify({ engine: values.engine, tenantId, ...report, wrongDocuments: wrong }));
    }
  } finally {
    await braid.close();
    await rm(folder, { recursive: true, force: true });
    if (values.engine === 'opensearch') await removeIndices(url, indexPrefix);
  }
}

function replay(
  { pipeline, scopes }: Braid,
  tenantId: string,
  lines: readonly string[],
): Promise<FeedReport> {
  let toldAt = 0;
  return pipeline.replay(scopes.operator(tenantId), {
    name: 'recorded',
    format: 'braid',
    reader: pipeline.feedReader('braid'),
    allowMassDelete: true,
    async *open() {
      for (const [at, text] of lines.entries()) yield { text, record: at + 1 };
    },
    onProgress({ accepted, embedded }) {
      if (performance.now() - toldAt < 10_000) return;
      toldAt = performance.now();
      console.error(`${tenantId}: ${accepted} of ${lines.length} events, ${embedded} texts embedded`);
    },
  });
}

/** Documents that are missing, too many, of another content, or whose chunks are not slices of it. */
async function countWrong(
  { documents, scopes }: Braid,
  tenantId: string,
  expected: ReadonlyMap<string, string>,
): Promise<number> {
  const scope = scopes.operator(tenantId);
  await documents.refresh(scope);
  const page = await documents.list(scope, { limit: 1_000, deleted: false });
  let wrong = Math.abs(expected.size - page.records.length);
  for (const { documentId, content, chunks } of page.records) {
    const stored = await documents.chunks(scope, documentId);
    const isDistinct = new Set(stored.map(({ chunkId }) => chunkId)).size === chunks;
    if (expected.get(documentId) !== content?.contentHash || stored.length !== chunks || !isDistinct)
      wrong += 1;
  }
  return wrong;
}

if (import.meta.main) await main();
