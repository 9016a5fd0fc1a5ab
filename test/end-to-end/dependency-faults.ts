// F1 to F3, what searches become while the way to what Braid depends on is disturbed:
// `node test/end-to-end/dependency-faults.ts bedrock|opensearch [searches] [partitionSeconds]`.
//
// The program serves on its port; a TCP proxy that makes trouble stands before a stand-in for Bedrock, or before the real
// OpenSearch that OPENSEARCH_URL names. For each fault `searches` (40) are sent, ten at once, then four a second through a
// partition of `partitionSeconds` (60); after each it is taken how long it is until one succeeds as if nothing had been.
// A search that is answered without its vectors is counted as degraded. With Bedrock, documents are taken in through the
// partition as well, and at last every call fails, to count how many a search costs.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { startBedrock } from '../servers/bedrock/bedrock.ts';
import { type ProxyFault, startFaultProxy } from '../servers/fault-proxy.ts';
import { percentile, tellingEmbedder } from './bedrock-under-test.ts';
import { writeManyDocuments } from './corpus.ts';
import { runJson, startProgram } from './program.ts';
import { removeIndices } from './remove-indices.ts';

const dependency = process.argv[2] ?? '';
const [searches = 40, partitionSeconds = 60] = process.argv.slice(3).map(Number);
const openSearchUrl = process.env.OPENSEARCH_URL;
if (dependency !== 'bedrock' && (dependency !== 'opensearch' || openSearchUrl === undefined)) {
  process.stderr.write('Expected "bedrock", or "opensearch" and its address in OPENSEARCH_URL\n');
  process.exit(2);
}

/** A search goes on without its vectors after 5 s; without OpenSearch there is nothing to go on with. */
const deadlineMs = dependency === 'bedrock' ? 8_000 : 4_000;
const graceMs = 100;
const atOnce = 10;
const faults: readonly (readonly [string, ProxyFault])[] = [
  ['latency 0.5 s', { kind: 'latency', milliseconds: 500 }],
  ['latency 2 s', { kind: 'latency', milliseconds: 2_000 }],
  ['latency 10 s', { kind: 'latency', milliseconds: 10_000 }],
  ['jitter 0 to 1 s', { kind: 'latency', milliseconds: 0, jitterMs: 1_000 }],
  ['1 kB/s', { kind: 'bandwidth', bytesPerSecond: 1_024 }],
  ['reset', { kind: 'reset' }],
  ['black hole', { kind: 'black hole' }],
  ['slicer', { kind: 'slicer', bytes: 7 }],
];

interface Outcome {
  readonly status: number;
  readonly isDegraded: boolean;
  readonly milliseconds: number;
}

const folder = mkdtempSync(join(tmpdir(), 'braid-faults-'));
const indexPrefix = `faults-${process.pid}-${Date.now().toString(36)}`;
const bedrock = dependency === 'bedrock' ? await startBedrock({ embedder: tellingEmbedder }) : undefined;
const proxy = await startFaultProxy(bedrock?.url ?? openSearchUrl!);
const environment = {
  BRAID_SERVER_TIMEOUT_MS: String(deadlineMs),
  BRAID_LOG_LEVEL: 'error',
  ...(bedrock === undefined
    ? { BRAID_ENGINE: 'opensearch', OPENSEARCH_URL: proxy.url, BRAID_OPENSEARCH_INDEX_PREFIX: indexPrefix }
    : {
        ...bedrock.environment,
        BRAID_BEDROCK_ENDPOINT: proxy.url,
        BRAID_BEDROCK_REGION: bedrock.region,
        BRAID_MODELS_EMBEDDING: 'bedrock/amazon.titan-embed-text-v2:0',
        BRAID_MODELS_EMBEDDING_DIMENSIONS: '256',
      }),
};
const options = { environment, cwd: folder };
const documents = writeManyDocuments(folder, 20);
await runJson(['ingest', documents, '--data', join(folder, 'data')], options);
const program = startProgram(['serve', '--port', '0', '--data', join(folder, 'data'), '--json'], options);
const [, url] = await program.printed(/"url": "([^"]+)"/);
const dispatcher = new Agent({ connections: 512, headersTimeout: 120_000 });
let asked = 0;

async function search(): Promise<Outcome> {
  const startedAt = performance.now();
  asked += 1;
  const reply = await request(`${url}/v1/search`, {
    method: 'POST',
    dispatcher,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: `pilot and basin ${asked}` }),
  });
  const body = (await reply.body.json()) as { degraded?: unknown[] };
  return {
    status: reply.statusCode,
    isDegraded: (body.degraded?.length ?? 0) > 0,
    milliseconds: performance.now() - startedAt,
  };
}

async function burst(count: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let done = 0; done < count; done += atOnce)
    outcomes.push(...(await Promise.all(Array.from({ length: atOnce }, search))));
  return outcomes;
}

/** Seconds from now until a search succeeds with its vectors. */
async function recovery(): Promise<number> {
  const healedAt = performance.now();
  while (performance.now() - healedAt < 60_000) {
    const { status, isDegraded } = await search();
    if (status === 200 && !isDegraded) return (performance.now() - healedAt) / 1_000;
    await pause(100);
  }
  return Number.POSITIVE_INFINITY;
}

function memoryMiB(): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(program.child.pid)]).toString()) / 1_024;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

let mostMiB = 0;
async function tell(name: string, outcomes: readonly Outcome[]): Promise<void> {
  mostMiB = Math.max(mostMiB, memoryMiB());
  await proxy.setFault({ kind: 'none' });
  const recoveredSeconds = await recovery();
  mostMiB = Math.max(mostMiB, memoryMiB());
  const statuses = new Map<string, number>();
  for (const { status, isDegraded } of outcomes) {
    const kind = `${status}${isDegraded ? ' degraded' : ''}`;
    statuses.set(kind, (statuses.get(kind) ?? 0) + 1);
  }
  const times = outcomes.map(({ milliseconds }) => milliseconds);
  const late = times.filter((milliseconds) => milliseconds > deadlineMs + graceMs).length;
  const counts = [...statuses].map(([kind, count]) => `${count} × ${kind}`).join(', ');
  process.stdout.write(
    `${name}: ${outcomes.length} searches, ${counts}; ${late} past the deadline of ${deadlineMs} ms + ${graceMs} ms (slowest ${percentile(times, 1).toFixed(0)} ms); back ${recoveredSeconds.toFixed(1)} s after it healed\n`,
  );
}

try {
  // Until thousands have been answered a process takes more memory with each, also where nothing is wrong.
  let memoryBefore = 0;
  for (let bursts = 0; bursts < 10; bursts += 1) {
    await burst(500);
    memoryBefore = Math.max(memoryBefore, memoryMiB());
  }
  for (const [name, fault] of faults) {
    await proxy.setFault(fault);
    await tell(name, await burst(searches));
  }

  const ingest = bedrock && runJson<object>(['ingest', documents, '--data', join(folder, 'other')], options);
  // It is in the middle of its work, or about to be, when the line is cut.
  if (ingest) await pause(1_500);
  await proxy.setFault({ kind: 'partition' });
  const sent: Promise<Outcome>[] = [];
  for (let at = 0; at < partitionSeconds * 4; at += 1) {
    sent.push(search());
    await pause(250);
  }
  const healedAt = performance.now();
  await tell(`partition of ${partitionSeconds} s`, await Promise.all(sent));
  if (ingest) {
    const report = JSON.stringify(await ingest);
    const seconds = ((performance.now() - healedAt) / 1_000).toFixed(1);
    process.stdout.write(`documents taken in through it, done ${seconds} s after it healed: ${report}\n`);
  }

  if (bedrock) {
    bedrock.requests.length = 0;
    bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ServiceUnavailableException' });
    const failingAt = performance.now();
    const calls: number[] = [];
    let openedMs = Number.NaN;
    for (let at = 0; at < 20; at += 1) {
      const before = bedrock.requests.length;
      await search();
      calls.push(bedrock.requests.length - before);
      if (calls.at(-1) === 0 && Number.isNaN(openedMs)) openedMs = performance.now() - failingAt;
    }
    process.stdout.write(
      `every call fails: at most ${Math.max(...calls)} calls a search, the breaker open after ${openedMs.toFixed(0)} ms, ${bedrock.requests.length} calls for ${calls.length} searches\n`,
    );
  }
  mostMiB = Math.max(mostMiB, memoryMiB());
  process.stdout.write(
    `memory of the program: ${memoryBefore.toFixed(0)} MiB at most through 5,000 searches before, ${mostMiB.toFixed(0)} at most, ${memoryMiB().toFixed(0)} at the end; ${program.child.exitCode === null && !/unhandled/i.test(program.stderr()) ? 'no' : 'AN'} unhandled rejection\n`,
  );
} finally {
  program.child.kill('SIGTERM');
  await program.ended;
  await dispatcher.close();
  await proxy.close();
  await bedrock?.close();
  if (!bedrock) await removeIndices(openSearchUrl!, indexPrefix);
  rmSync(folder, { recursive: true, force: true });
}
