import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../api/serve.ts';
import type { RawEvent } from '../../domain/feed.ts';
import type { Feeds } from '../../ingest/feed.ts';
import { createDebeziumReader } from '../../sources/feeds/debezium.ts';
import { linesOf, readLines } from '../../sources/feeds/read-lines.ts';
import { apiUnderTest } from '../api/api-under-test.ts';
import { createFeedUnderTest, scopes } from '../ingest/feed-under-test.ts';
import { startPostgres } from '../servers/postgres.ts';
import { capture, digest, linesIn, print } from './debezium-capture.ts';
import type { Workload } from './debezium-workload.ts';
import { removeIndices } from './remove-indices.ts';
import { openReplayEngine, openSearchUrl, type ReplayEngine } from './replay-worker.ts';

/**
 * Real Debezium over a real PostgreSQL: `node test/end-to-end/debezium.ts [ROWS] [TRANSACTIONS] [ENGINE]`. Rows change over many
 * connections before, while and after the snapshot is taken; the engine is killed twice and repeats itself; what it
 * wrote is replayed in order, again, tripled and shuffled (its dead letters again at the end), and over HTTP. Prints what became of the
 * events and whether the index is the table. The embedding model is a stand-in.
 */

const [rows = '10000', transactions = '50', engineName = 'sqlite'] = process.argv.slice(2);
const workload: Workload = {
  rows: Number(rows),
  connections: 8,
  transactions: Number(transactions),
  seed: 41,
};
const scope = scopes.operator('default');

const mapping = {
  id: 'id',
  text: 'body',
  metadata: ['title', 'views', 'price'],
  types: { price: { decimal: 3 } },
  source: 'articles',
  // Killed before it stored an offset, Debezium takes a new snapshot, and never tells what was deleted in between.
  snapshotsAreWhole: true,
};

// The servers end with this process.
process.once('SIGINT', () => process.exit(130));
const folder = await mkdtemp(join(tmpdir(), 'braid-debezium-'));
// PostgreSQL may run as another account, which must reach its folder.
await chmod(folder, 0o711);
const port = 50_000 + (process.pid % 10_000);
const postgres = await startPostgres(join(folder, 'postgres'), port);
try {
  const file = join(folder, 'changes.jsonl');
  const table = await capture(postgres, workload, folder, file);
  print('rows of the table', table.size);
  const lines = await linesIn(file);
  print('lines written by Debezium', lines.length);
  print('lines that repeat an earlier one', lines.length - new Set(lines.map(identityOfLine)).size);
  print(
    'lines with a value that is not sent',
    lines.filter((line) => line.includes('__debezium_unavailable_value"')).length,
  );

  const fromFile = runFeed('in order', () => readLines(file));
  await replay('in order, twice', table, async (feeds) => {
    await fromFile(feeds);
    await fromFile(feeds);
  });
  const triples = shuffled([...lines, ...lines, ...lines]);
  await replay('tripled and shuffled', table, async (feeds) => {
    await runFeed('tripled and shuffled', () => records(triples))(feeds);
    await retryLetters(feeds);
  });
  // What Debezium Server's HTTP sink sends: values without their keys, one a request; and many a request.
  const values = lines.map((line) => JSON.stringify(JSON.parse(line, keepDigits).value));
  await replay('over HTTP', table, (feeds) => post(feeds, values));
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

function runFeed(title: string, open: () => AsyncIterable<RawEvent>): (feeds: Feeds) => Promise<void> {
  const reader = createDebeziumReader(mapping);
  return async (feeds) => {
    const request = { format: 'debezium', reader, allowMassDelete: true, open };
    print(title, JSON.stringify(await feeds.run(scope, request)));
  };
}

/** Out of order, an event without its text may come before the text: it is a dead letter, and can be applied at the end. */
async function retryLetters(feeds: Feeds): Promise<void> {
  const reader = createDebeziumReader(mapping);
  const outcomes = new Map<string, number>();
  for (let after: string | undefined; ; ) {
    const page = await feeds.deadLetters.list(scope, { limit: 200, ...(after !== undefined && { after }) });
    for (const { letterId } of page.letters) {
      const letter = await feeds.deadLetters.get(scope, letterId);
      for (const { outcome } of (await feeds.retry(scope, letter!, reader)).events)
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    if (page.next === undefined) break;
    after = page.next;
  }
  print('its dead letters, replayed', JSON.stringify(Object.fromEntries(outcomes)));
}

/** Sends values to POST /v1/changes over a real port: the first ones each in a request of their own. */
async function post(feeds: Feeds, values: readonly string[]): Promise<void> {
  const { api } = apiUnderTest(
    {
      changes: (of, feed) => feeds.take(of, feed),
      feedReader: () => createDebeziumReader(mapping),
    },
    { maxBodyBytes: 64 * 1024 * 1024, timeoutMs: 600_000 },
  );
  const server = await startServer(api, { host: '127.0.0.1', port: 0 });
  const outcomes = new Map<string, number>();
  const alone = Math.min(300, values.length);
  const bodies = [
    ...values.slice(0, alone),
    ...Array.from({ length: Math.ceil((values.length - alone) / 500) }, (_, at) =>
      values.slice(alone + at * 500, alone + (at + 1) * 500).join('\n'),
    ),
  ];
  try {
    for (const body of bodies) {
      const response = await fetch(`${server.url}/v1/changes?format=debezium&allowMassDelete=true`, {
        method: 'POST',
        headers: { 'content-type': body.includes('\n') ? 'application/x-ndjson' : 'application/json' },
        body,
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`POST /v1/changes answered ${response.status}: ${text}`);
      for (const line of text.trim().split('\n')) {
        const { outcome, reason, error } = JSON.parse(line);
        const name = error === undefined ? [outcome, reason].join(' ').trim() : JSON.stringify(error);
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
      }
    }
  } finally {
    await server.close();
  }
  print(`over HTTP, ${bodies.length} requests`, JSON.stringify(Object.fromEntries(outcomes)));
}

async function replay(
  title: string,
  table: ReadonlyMap<string, string>,
  bring: (feeds: Feeds) => Promise<void>,
): Promise<void> {
  const place =
    engineName === 'sqlite' ? await mkdtemp(join(folder, 'index-')) : `braid-debezium-${process.pid}`;
  const stores = await openReplayEngine(engineName as ReplayEngine, place);
  try {
    const { feeds } = createFeedUnderTest(stores, { batchEvents: 500, concurrency: 32 });
    await bring(feeds);
    await stores.documents.refresh(scope);
    const index = new Map<string, string>();
    for (let after: string | undefined; ; ) {
      const page = await stores.documents.list(scope, {
        limit: 1_000,
        deleted: false,
        ...(after !== undefined && { after }),
      });
      for (const { documentId, content, metadata } of page.records) {
        const { title: shown, views, price } = metadata?.value ?? {};
        index.set(documentId, digest(content!.contentHash, String(shown), String(views), Number(price)));
      }
      if (page.next === undefined) break;
      after = page.next;
    }
    const missing = [...table.keys()].filter((id) => !index.has(id));
    const surplus = [...index.keys()].filter((id) => !table.has(id));
    const different = [...table].filter(([id, expected]) => index.has(id) && index.get(id) !== expected);
    print(
      `${title}: missing, surplus, different`,
      [missing.length, surplus.length, different.length].join(', '),
    );
    for (const id of [...missing, ...surplus].slice(0, 5)) print('  not on both sides', id);
    for (const [id, expected] of different.slice(0, 5))
      print(`  ${id}`, `${expected} in the table, ${index.get(id)} in the index`);
    if (missing.length + surplus.length + different.length > 0) process.exitCode = 1;
  } finally {
    await stores.close();
    if (engineName === 'opensearch') await removeIndices(openSearchUrl(), `${place}-`);
  }
}

async function* records(lines: readonly string[]): AsyncGenerator<RawEvent> {
  yield* linesOf(chunksOf(lines));
}

async function* chunksOf(lines: readonly string[]): AsyncGenerator<Buffer> {
  for (const line of lines) yield Buffer.from(`${line}\n`);
}

/** One event, however often it is sent: its key and place in the log. */
function identityOfLine(line: string): string {
  const event = JSON.parse(line);
  const value = event.value?.payload ?? event.value;
  return JSON.stringify([
    event.key?.payload ?? event.key,
    value?.op,
    value?.source?.lsn,
    value?.op === undefined && line,
  ]);
}

function shuffled<T>(items: readonly T[]): T[] {
  let state = workload.seed;
  const keyed = items.map((item) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return { item, order: state };
  });
  return keyed.toSorted((left, right) => left.order - right.order).map(({ item }) => item);
}

/** Numbers above 2^53 go through JSON unharmed. */
function keepDigits(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isUnsafe = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
  return isUnsafe && context?.source !== undefined ? rawJSON(context.source) : value;
}
