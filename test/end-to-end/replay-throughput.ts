import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ChangeEvent } from '../../domain/change-event.ts';
import { changeEventToJson } from '../../domain/change-event.ts';
import type { RawEvent } from '../../domain/feed.ts';
import { createFeedUnderTest, readEnvelope, scopes } from '../ingest/feed-under-test.ts';
import { removeIndices } from './remove-indices.ts';
import { openReplayEngine, openSearchUrl, type ReplayEngine } from './replay-worker.ts';

/**
 * One replay of many events (70 % upserts, 20 % patches, 10 % deletions of a fifth as many documents), made as fast as
 * they are read: events a second, the heap every twentieth of the way (with --expose-gc after a collection), and how far the source was ever ahead. Beside it the
 * documents of the end state, ingested alone. The embedding model is a stand-in.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', default: 'sqlite' },
      events: { type: 'string', default: '100000' },
    },
  });
  const engine = values.engine as ReplayEngine;
  const count = Number(values.events);
  const folder = await mkdtemp(join(tmpdir(), 'braid-throughput-'));
  const place = engine === 'sqlite' ? folder : `throughput-${process.pid}`;
  const adapter = await openReplayEngine(engine, place);
  try {
    const { feeds, ingest, embedded } = createFeedUnderTest(adapter, { batchEvents: 500, concurrency: 32 });
    const heap: { readonly minutes: number; readonly megabytes: number }[] = [];
    const beganAt = performance.now();
    let read = 0;
    let done = 0;
    let mostAhead = 0;
    const open = async function* (): AsyncGenerator<RawEvent> {
      for (; read < count; ) {
        read += 1;
        mostAhead = Math.max(mostAhead, read - done);
        if (read % Math.floor(count / 20) === 0) {
          globalThis.gc?.();
          heap.push({
            minutes: (performance.now() - beganAt) / 60_000,
            megabytes: Math.round(process.memoryUsage().heapUsed / 1e5) / 10,
          });
        }
        yield { record: read, text: JSON.stringify(changeEventToJson(eventOf(read, count / 5))) };
      }
    };
    const report = await feeds.run(scopes.operator('feed'), {
      name: 'throughput',
      format: 'braid',
      reader: readEnvelope,
      open,
      onProgress: ({ accepted }) => {
        done = accepted;
        // The texts that the stand-in was given are nobody's here.
        embedded.length = 0;
      },
    });
    const live = await liveOf(adapter.documents);
    const bare = scopes.operator('bare');
    const startedAt = performance.now();
    for (let at = 0; at < live.length; at += 8) {
      await Promise.all(
        live.slice(at, at + 8).map((documentId) =>
          ingest(bare, {
            operation: 'upsert',
            document: { documentId, source: 's', version: 1n, content: `bare ${documentId}` },
          }),
        ),
      );
    }
    const bareSeconds = (performance.now() - startedAt) / 1000;
    console.log(
      JSON.stringify({
        engine,
        ...report,
        eventsPerSecond: Math.round(report.accepted / report.seconds),
        liveDocuments: live.length,
        bareDocumentsPerSecond: Math.round(live.length / bareSeconds),
        heapMegabytes: heap.map(({ megabytes }) => megabytes),
        // Of the second half, when everything that stays has been made.
        heapMegabytesAMinute: slopeOf(heap.slice(heap.length / 2)),
        maxResidentMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
        mostEventsAhead: mostAhead,
      }),
    );
  } finally {
    await adapter.close();
    await rm(folder, { recursive: true, force: true });
    if (engine === 'opensearch') await removeIndices(openSearchUrl(), `${place}-`);
  }
}

async function liveOf(
  documents: Awaited<ReturnType<typeof openReplayEngine>>['documents'],
): Promise<string[]> {
  const scope = scopes.operator('feed');
  await documents.refresh(scope);
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await documents.list(scope, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    found.push(...page.records.map(({ documentId }) => documentId));
    if (page.next === undefined) return found;
    after = page.next;
  }
}

/** Least squares. */
function slopeOf(points: readonly { readonly minutes: number; readonly megabytes: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const minutes = mean(points.map((point) => point.minutes));
  const megabytes = mean(points.map((point) => point.megabytes));
  const covariance = mean(points.map((point) => (point.minutes - minutes) * (point.megabytes - megabytes)));
  const variance = mean(points.map((point) => (point.minutes - minutes) ** 2));
  return Math.round((covariance / variance) * 100) / 100;
}

function eventOf(at: number, documents: number): ChangeEvent {
  const documentId = `d${(at * 7_919) % documents}`;
  const base = { source: 's', documentId, version: BigInt(at) };
  if (at % 10 === 3) return { ...base, operation: 'delete' };
  if (at % 10 === 5 || at % 10 === 8) return { ...base, operation: 'patch', metadata: { at } };
  return { ...base, operation: 'upsert', content: `text of event ${at}`, metadata: { at } };
}

await main();
