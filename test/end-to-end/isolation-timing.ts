// Whether the time of a reply tells what another tenant holds: `node test/end-to-end/isolation-timing.ts [rounds]`, with
// OPENSEARCH_URL on OpenSearch too. A tenant asks by turns, in random order, for what another tenant has and for what
// nobody has: a document, a job, words. A permutation test says how likely a difference of the medians as large as the
// one measured is where there is none; below 0.01 the times tell something.

import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGuardedBraid } from './isolation.ts';
import { removeIndices } from './remove-indices.ts';

const rounds = Number(process.argv[2] ?? 400);
const permutations = 2_000;
const openSearchUrl = process.env.OPENSEARCH_URL;

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}

function likelihood(left: readonly number[], right: readonly number[]): number {
  const measured = Math.abs(median(left) - median(right));
  const all = [...left, ...right];
  let asLarge = 0;
  for (let run = 0; run < permutations; run += 1) {
    for (let at = all.length - 1; at > 0; at -= 1) {
      const other = randomInt(at + 1);
      [all[at], all[other]] = [all[other]!, all[at]!];
    }
    if (Math.abs(median(all.slice(0, left.length)) - median(all.slice(left.length))) >= measured)
      asLarge += 1;
  }
  return asLarge / permutations;
}

async function measure(engine: 'sqlite' | 'opensearch', extra: object): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-timing-'));
  const guarded = await openGuardedBraid(folder, { engine, ...extra });
  try {
    const [owner, stranger] = [await guarded.keyOf('owner'), await guarded.keyOf('stranger')];
    for (let at = 0; at < 50; at += 1) {
      const body = { content: `The zanzibar ledger ${at} names the harbour ${at % 7} times.` };
      const path = `/v1/documents/theirs-${at}?wait=${at === 49 ? 'searchable' : 'stored'}`;
      await guarded.send(owner, 'PUT', path, body);
    }
    await guarded.send(stranger, 'PUT', '/v1/documents/mine?wait=searchable', {
      content: 'A note of my own.',
    });
    const patched = await guarded.send(owner, 'PATCH', '/v1/documents/theirs-0', { metadata: { a: 1 } });
    const { jobId } = (await patched.json()) as { jobId: string };
    const search = (query: string) => ['POST', '/v1/search', { query, dense: { weight: 0 } }] as const;
    const pairs: Record<
      string,
      readonly [() => readonly [string, string, unknown?], () => readonly [string, string, unknown?]]
    > = {
      document: [
        () => ['GET', `/v1/documents/theirs-${randomInt(50)}`],
        () => ['GET', `/v1/documents/nobody-${randomInt(50)}`],
      ],
      job: [() => ['GET', `/v1/jobs/${jobId}`], () => ['GET', `/v1/jobs/${jobId.slice(0, -4)}0000`]],
      search: [() => search('zanzibar ledger'), () => search('zanzibul lodgers')],
    };
    for (const [what, [foreign, absent]] of Object.entries(pairs)) {
      const times = { foreign: [] as number[], absent: [] as number[] };
      for (let round = 0; round < rounds * 2 + 40; round += 1) {
        const name = randomInt(2) === 0 ? 'foreign' : 'absent';
        const [method, path, body] = (name === 'foreign' ? foreign : absent)();
        const startedAt = performance.now();
        const reply = await guarded.send(stranger, method, path, body);
        await reply.text();
        const wanted = what === 'search' ? 200 : 404;
        if (reply.status !== wanted) throw new Error(`Expected ${wanted} for ${what}, got ${reply.status}`);
        if (round >= 40) times[name].push(performance.now() - startedAt);
      }
      const [theirs, none] = [median(times.foreign), median(times.absent)];
      process.stdout.write(
        `${JSON.stringify({ engine, what, requests: rounds * 2, medianMs: { foreign: theirs, absent: none }, ratio: theirs / none, p: likelihood(times.foreign, times.absent) })}\n`,
      );
    }
  } finally {
    await guarded.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

await measure('sqlite', {});
if (openSearchUrl !== undefined) {
  const indexPrefix = `timing-${process.pid}-${Date.now().toString(36)}`;
  await measure('opensearch', { opensearch: { url: openSearchUrl, indexPrefix } });
  await removeIndices(openSearchUrl, indexPrefix);
}
