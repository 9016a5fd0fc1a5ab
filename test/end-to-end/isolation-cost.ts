// What authentication costs a search: `node test/end-to-end/isolation-cost.ts [rounds]`. Blocks of requests with and
// without a key take turns in one process over one index, so that what else the machine does falls on both.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApi } from '../../api/create-api.ts';
import { fillTenants, openGuardedBraid, wordAt } from './isolation.ts';

const rounds = Number(process.argv[2] ?? 20);
const requestsARound = 25;

const folder = mkdtempSync(join(tmpdir(), 'braid-cost-'));
const guarded = await openGuardedBraid(folder);
try {
  await fillTenants(guarded, ['t0'], 200);
  const { pipeline, scopes, telemetry, prometheus } = guarded.braid;
  const server = { concurrency: 64, maxBodyBytes: 1_000_000, timeoutMs: 30_000 };
  const open = createApi({ pipeline, scopes, telemetry, prometheus, server });
  const key = await guarded.keyOf('t0');
  const search = async (isGuarded: boolean, at: number) => {
    const reply = await (isGuarded ? guarded.api : open).request('http://localhost/v1/search', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(isGuarded ? { Authorization: `Bearer ${key}` } : { 'X-Braid-Tenant': 't0' }),
      },
      body: JSON.stringify({ query: `${wordAt(at)} ${wordAt(at * 3 + 1)}` }),
    });
    if (reply.status !== 200) throw new Error(`Expected 200, got ${reply.status}`);
    await reply.text();
  };
  const times = { open: [] as number[], guarded: [] as number[] };
  const processor = { open: 0, guarded: 0 };
  for (let at = 0; at < 50; at += 1) await search(at % 2 === 0, at);
  for (let round = 0; round < rounds * 2; round += 1) {
    const isGuarded = round % 2 === 0;
    const name = isGuarded ? 'guarded' : 'open';
    const before = process.cpuUsage();
    for (let at = 0; at < requestsARound; at += 1) {
      const startedAt = performance.now();
      await search(isGuarded, at);
      times[name].push(performance.now() - startedAt);
    }
    const { user, system } = process.cpuUsage(before);
    processor[name] += (user + system) / 1000;
  }
  const median = (values: number[]) => values.toSorted((left, right) => left - right)[values.length >> 1]!;
  const count = rounds * requestsARound;
  const result = {
    requests: count,
    p50Ms: { open: median(times.open), guarded: median(times.guarded) },
    processorMs: { open: processor.open / count, guarded: processor.guarded / count },
  };
  process.stdout.write(
    `${JSON.stringify({
      ...result,
      ratio: {
        p50: result.p50Ms.guarded / result.p50Ms.open,
        processor: result.processorMs.guarded / result.processorMs.open,
      },
    })}\n`,
  );
} finally {
  await guarded.close();
  rmSync(folder, { recursive: true, force: true });
}
