// N2, whether one tenant's replay starves another's single document: `node test/end-to-end/fair-replay.ts [documents]`,
// with OPENSEARCH_URL on OpenSearch too. Tenant a streams 50,000 documents into POST /v1/changes; meanwhile tenant b
// stores one document at a time and waits until it can be found. A batch is how long a's replay takes for 500 events.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runJson, startProgram } from './program.ts';
import { removeIndices } from './remove-indices.ts';

const documents = Number(process.argv[2] ?? 50_000);
const tries = 12;
const everyMs = 2_000;
const batchEvents = 500;
const refreshMs = 1_000;
const openSearchUrl = process.env.OPENSEARCH_URL;

function* events() {
  for (let at = 0; at < documents; at += 1) {
    const content = `Record ${at}: the crane of berth ${at % 97} moved ${at * 7} crates past lantern ${at % 31}.`;
    const event = {
      operation: 'upsert',
      source: 'replay',
      documentId: `r/${at}`,
      version: '1',
      mediaType: 'text/plain',
      content,
    };
    yield `${JSON.stringify(event)}\n`;
  }
}

async function measure(engine: string, extra: object) {
  const folder = mkdtempSync(join(tmpdir(), 'braid-replay-'));
  const file = join(folder, 'braid.config.json');
  writeFileSync(file, JSON.stringify({ engine, ...extra, authentication: {}, log: { level: 'error' } }));
  const common = ['--data', join(folder, 'data'), '--config', file];
  const keyOf = async (tenant: string) =>
    (
      await runJson<{ key: string }>([
        'keys',
        'create',
        '--role',
        'search',
        'ingest',
        '--tenant',
        tenant,
        ...common,
      ])
    ).key;
  const [replayer, single] = [await keyOf('a'), await keyOf('b')];
  const program = startProgram(['serve', '--port', '0', '--json', ...common]);
  const stop = new AbortController();
  try {
    const [, url] = await program.printed(/"url": "([^"]+)"/);
    let applied = 0;
    const startedAt = performance.now();
    const replay = (async () => {
      const reply = await fetch(`${url}/v1/changes?format=braid`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${replayer}`, 'Content-Type': 'application/x-ndjson' },
        body: Readable.toWeb(Readable.from(events())) as ReadableStream<Uint8Array>,
        duplex: 'half',
        signal: stop.signal,
      } as RequestInit);
      if (reply.status !== 200) throw new Error(`Expected 200, got ${reply.status}: ${await reply.text()}`);
      for await (const part of reply.body!) for (const byte of part) if (byte === 10) applied += 1;
    })();
    // It ends with an abort, which is how this ends it.
    replay.catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    const times: number[] = [];
    const store = async (at: number) => {
      const sentAt = performance.now();
      const reply = await fetch(`${url}/v1/documents/s${at}?wait=searchable`, {
        method: 'PUT',
        headers: { Authorization: `Bearer ${single}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ content: `A single note, number ${at}, about the harbour.` }),
      });
      if (reply.status !== 200) throw new Error(`Expected 200, got ${reply.status}: ${await reply.text()}`);
      return performance.now() - sentAt;
    };
    const alone = await store(-1);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    for (let at = 0; at < tries; at += 1) {
      times.push(await store(at));
      process.stderr.write(
        `${engine}: ${Math.round(times.at(-1)!)} ms, while ${applied} of ${documents} were replayed\n`,
      );
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    const batchMs = ((performance.now() - startedAt) / Math.max(1, applied)) * batchEvents;
    const worst = Math.max(...times);
    return {
      engine,
      first: alone,
      timesMs: times.map(Math.round),
      worstMs: worst,
      replayed: applied,
      batchMs,
      boundMs: 2 * refreshMs + batchMs,
      isHeld: worst <= 2 * refreshMs + batchMs,
    };
  } finally {
    stop.abort();
    program.child.kill('SIGTERM');
    await program.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

process.stdout.write(`${JSON.stringify(await measure('sqlite', {}))}\n`);
if (openSearchUrl !== undefined) {
  const indexPrefix = `fair-${process.pid}-${Date.now().toString(36)}`;
  process.stdout.write(
    `${JSON.stringify(await measure('opensearch', { opensearch: { url: openSearchUrl, indexPrefix } }))}\n`,
  );
  await removeIndices(openSearchUrl, indexPrefix);
}
