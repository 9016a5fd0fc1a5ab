// N1, whether one tenant's flood harms the others: `node test/end-to-end/noisy-neighbour.ts [seconds a phase] [quota]`, with
// OPENSEARCH_URL on OpenSearch too. The program serves on its port. Tenants b to e search at half their quota, in open
// loop, timed from when each request should have been sent; first alone, then while tenant a sends twenty times its own.
// Alone and noisy take turns, so that what else the machine does falls on both. Then, but for the word
// quota, the same without any limit set: a keeps 64 searches running, and only the fair shares that are always there hold
// it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { runJson, startProgram } from './program.ts';
import { removeIndices } from './remove-indices.ts';

const secondsAPhase = Number(process.argv[2] ?? 8);
const phases = 8;
const quota = 10;
const byQuota = { tenantRequestsPerSecond: quota };
const quiet = ['b', 'c', 'd', 'e'];
const words = ['harbour', 'basin', 'pilot', 'tide', 'crane', 'mooring', 'gate', 'lantern'];
const openSearchUrl = process.env.OPENSEARCH_URL;

interface Count {
  readonly times: number[];
  readonly statuses: Map<number, number>;
  /** Sent more than 50 ms after they should have been. */
  late: number;
}

const newCount = (): Count => ({ times: [], statuses: new Map(), late: 0 });
const dispatcher = new Agent({ connections: 256 });

async function search(url: string, key: string, at: number, count: Count, dueAt: number): Promise<void> {
  if (performance.now() - dueAt > 50) count.late += 1;
  const reply = await request(`${url}/v1/search`, {
    method: 'POST',
    dispatcher,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: `${words[at % words.length]} ${words[(at * 3 + 1) % words.length]}` }),
  });
  await reply.body.dump();
  count.statuses.set(reply.statusCode, (count.statuses.get(reply.statusCode) ?? 0) + 1);
  if (reply.statusCode === 200) count.times.push(performance.now() - dueAt);
}

/** Sends so many a second, whether or not they are answered. */
async function openLoop(
  url: string,
  key: string,
  perSecond: number,
  count: Count,
  endsAt: number,
): Promise<void> {
  const sent: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let at = 0; ; at += 1) {
    const dueAt = startedAt + (at * 1_000) / perSecond;
    if (dueAt >= endsAt) break;
    const wait = dueAt - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    sent.push(search(url, key, at, count, dueAt));
  }
  await Promise.all(sent);
}

async function closedLoop(
  url: string,
  key: string,
  atOnce: number,
  count: Count,
  endsAt: number,
): Promise<void> {
  const runner = async (first: number) => {
    for (let at = first; performance.now() < endsAt; at += atOnce)
      await search(url, key, at, count, performance.now());
  };
  await Promise.all(Array.from({ length: atOnce }, (_, at) => runner(at)));
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((left, right) => left - right)[Math.ceil(share * values.length) - 1] ?? Number.NaN;
}

/** Stores 60 documents, as fast as the tenant's quota lets it. */
async function fill(url: string, key: string): Promise<void> {
  for (let at = 0; at < 60; at += 1) {
    const content = `The ${words[at % 8]} of note ${at} closes when the ${words[(at * 5 + 3) % 8]} turns.`;
    const wait = at === 59 ? 'searchable' : 'stored';
    const reply = await request(`${url}/v1/documents/d${at}?wait=${wait}`, {
      method: 'PUT',
      dispatcher,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ content }),
    });
    await reply.body.dump();
    if (reply.statusCode === 429 || reply.statusCode === 503) {
      at -= 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } else if (reply.statusCode !== 200) throw new Error(`Expected 200, got ${reply.statusCode}`);
  }
}

async function measure(engine: string, extra: object, limits: object) {
  const folder = mkdtempSync(join(tmpdir(), 'braid-noisy-'));
  const file = join(folder, 'braid.config.json');
  writeFileSync(
    file,
    JSON.stringify({ engine, ...extra, authentication: {}, limits, log: { level: 'error' } }),
  );
  const common = ['--data', join(folder, 'data'), '--config', file];
  const keys = new Map<string, string>();
  for (const tenant of ['a', ...quiet]) {
    const made = await runJson<{ key: string }>([
      'keys',
      'create',
      '--role',
      'search',
      'ingest',
      '--tenant',
      tenant,
      ...common,
    ]);
    keys.set(tenant, made.key);
  }
  const program = startProgram(['serve', '--port', '0', '--json', ...common]);
  try {
    const [, url] = await program.printed(/"url": "([^"]+)"/);
    await Promise.all([...keys.values()].map((key) => fill(url!, key)));
    // What was written counts against the quota of its second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // The first searches find code that has not been compiled: of no phase.
    const warmEndsAt = performance.now() + 3_000;
    await Promise.all(
      quiet.map((tenant) => openLoop(url!, keys.get(tenant)!, quota / 2, newCount(), warmEndsAt)),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const alone = newCount();
    const noisy = newCount();
    const flood = newCount();
    let floodSeconds = 0;
    for (let phase = 0; phase < phases; phase += 1) {
      const isNoisy = phase % 2 === 1;
      process.stderr.write(`${engine}: phase ${phase + 1} of ${phases}, ${isNoisy ? 'noisy' : 'alone'}\n`);
      const endsAt = performance.now() + secondsAPhase * 1_000;
      if (isNoisy) floodSeconds += secondsAPhase;
      await Promise.all([
        ...quiet.map((tenant) =>
          openLoop(url!, keys.get(tenant)!, quota / 2, isNoisy ? noisy : alone, endsAt),
        ),
        ...(isNoisy
          ? [
              'tenantRequestsPerSecond' in limits
                ? openLoop(url!, keys.get('a')!, quota * 20, flood, endsAt)
                : closedLoop(url!, keys.get('a')!, 64, flood, endsAt),
            ]
          : []),
      ]);
    }
    const [p95Alone, p95Noisy] = [percentile(alone.times, 0.95), percentile(noisy.times, 0.95)];
    const sent = [...flood.statuses.values()].reduce((sum, count) => sum + count, 0);
    const excess = sent - quota * floodSeconds;
    return {
      engine,
      limits: 'tenantRequestsPerSecond' in limits ? `${quota} a second` : 'none set',
      p50Ms: { alone: percentile(alone.times, 0.5), noisy: percentile(noisy.times, 0.5) },
      p95Ms: { alone: p95Alone, noisy: p95Noisy, ratio: p95Noisy / p95Alone },
      quiet: { alone: Object.fromEntries(alone.statuses), noisy: Object.fromEntries(noisy.statuses) },
      flood: {
        statuses: Object.fromEntries(flood.statuses),
        limitedShareOfExcess: (flood.statuses.get(429) ?? 0) / excess,
      },
      lateSends: { alone: alone.late, noisy: noisy.late, flood: flood.late },
    };
  } finally {
    program.child.kill('SIGTERM');
    await program.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

const limitsTried = process.argv[3] === 'quota' ? [byQuota] : [byQuota, {}];
for (const limits of limitsTried) {
  process.stdout.write(`${JSON.stringify(await measure('sqlite', {}, limits))}\n`);
  if (openSearchUrl === undefined) continue;
  const indexPrefix = `noisy-${process.pid}-${Date.now().toString(36)}`;
  const opensearch = { url: openSearchUrl, indexPrefix };
  process.stdout.write(`${JSON.stringify(await measure('opensearch', { opensearch }, limits))}\n`);
  await removeIndices(openSearchUrl, indexPrefix);
}
await dispatcher.close();
