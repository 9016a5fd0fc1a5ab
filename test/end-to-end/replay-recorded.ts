import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FeedReport } from '../../domain/feed.ts';
import { scopes } from '../ingest/feed-under-test.ts';
import { type RecordedFeed, readRecordedFeed, shuffled } from './replay-events.ts';
import { openReplayEngine, type ReplayEngine } from './replay-worker.ts';

const worker = resolve(import.meta.dirname, 'replay-worker.ts');

/** One variant of the recorded feed on one engine, and whether the end was exactly the expected one. */
export interface VariantResult {
  readonly engine: ReplayEngine;
  readonly variant: string;
  readonly events: number;
  readonly kills: number;
  readonly runs: number;
  /** Documents that are missing, too many, or of another content. */
  readonly wrongDocuments: number;
  readonly embedded: number;
  readonly seconds: number;
  readonly isConserved: boolean;
}

/**
 * Replays lines into a new place, killed (kill -9) at random moments `kills` times, and compares what stands at the end
 * with the recorded final state, by hash.
 */
export async function replayVariant(
  engine: ReplayEngine,
  variant: string,
  lines: readonly string[],
  feed: RecordedFeed,
  kills = 0,
): Promise<VariantResult> {
  const folder = await mkdtemp(join(tmpdir(), 'braid-replay-'));
  const place = engine === 'sqlite' ? join(folder, 'data') : `feed-${process.pid}-${Date.now()}`;
  const file = join(folder, 'events.jsonl');
  await writeFile(file, `${lines.join('\n')}\n`);
  const startedAt = performance.now();
  try {
    let killed = 0;
    let runs = 0;
    let report: FeedReport | undefined;
    let [earliestMs, latestMs] = [900, 2_500];
    while (report === undefined) {
      runs += 1;
      const mayKill = killed < kills;
      const begunAt = performance.now();
      report = await runWorker(
        [engine, place, file, 'recorded'],
        mayKill ? earliestMs + Math.random() * (latestMs - earliestMs) : undefined,
      );
      if (report === undefined) killed += 1;
      else if (mayKill && killed < kills) {
        // It ended before it could be killed: the rest of the kills fall on a repetition of the whole feed, at moments
        // within the time that one takes.
        latestMs = performance.now() - begunAt;
        earliestMs = latestMs / 3;
        report = undefined;
        await forgetPosition(engine, place);
      }
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const { accepted, indexed, stale, deadLettered, embedded } = report;
    return {
      engine,
      variant,
      events: lines.length,
      kills: killed,
      runs,
      wrongDocuments: await countWrong(engine, place, feed.finalState),
      embedded,
      seconds,
      isConserved: accepted === indexed + stale + deadLettered && deadLettered === 0,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (engine === 'opensearch') await deleteIndices(place);
  }
}

/** @returns undefined where it was killed */
async function runWorker(given: readonly string[], killAfterMs?: number): Promise<FeedReport | undefined> {
  const child = spawn(process.execPath, [worker, ...given], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [status, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (signal === 'SIGKILL') return undefined;
  if (status !== 0) throw new Error(`The worker ended with status ${status}`);
  return JSON.parse(printed) as FeedReport;
}

async function forgetPosition(engine: ReplayEngine, place: string): Promise<void> {
  const adapter = await openReplayEngine(engine, place);
  await adapter.state.remove(scopes.operator('default'), 'feed_positions', 'recorded');
  await adapter.close();
}

async function countWrong(
  engine: ReplayEngine,
  place: string,
  expected: ReadonlyMap<string, string>,
): Promise<number> {
  const adapter = await openReplayEngine(engine, place);
  const scope = scopes.operator('default');
  await adapter.documents.refresh(scope);
  let wrong = 0;
  let found = 0;
  for (let after: string | undefined; ; ) {
    const page = await adapter.documents.list(scope, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    for (const record of page.records) {
      found += 1;
      const chunks = await adapter.documents.chunks(scope, record.documentId);
      const isRight =
        expected.get(record.documentId) === record.content?.contentHash && chunks.length === record.chunks;
      if (!isRight) wrong += 1;
    }
    if (page.next === undefined) break;
    after = page.next;
  }
  await adapter.close();
  return wrong + Math.abs(expected.size - found);
}

async function deleteIndices(prefix: string): Promise<void> {
  const url = process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9201';
  const listed = await fetch(`${url}/_cat/indices/${prefix}*?h=index`);
  for (const index of (await listed.text()).split('\n').filter((name) => name !== '')) {
    await fetch(`${url}/${index}`, { method: 'DELETE' });
  }
}

/** Prints one line of JSON a variant. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', default: 'sqlite' },
      kills: { type: 'string', default: '20' },
      seeds: { type: 'string', default: '1' },
      'only-killed': { type: 'boolean', default: false },
    },
  });
  const engine = values.engine as ReplayEngine;
  const feed = await readRecordedFeed();
  const { lines, finalLines } = feed;
  const print = (result: VariantResult) => console.log(JSON.stringify(result));
  if (!values['only-killed']) {
    print(await replayVariant(engine, 'final state alone', finalLines, feed));
    print(await replayVariant(engine, 'in order', lines, feed));
  }
  const seeds = values['only-killed'] ? 0 : Number(values.seeds);
  for (let seed = 1; seed <= seeds; seed += 1) {
    print(await replayVariant(engine, `shuffled ${seed}`, shuffled(lines, seed), feed));
    const tripled = shuffled([...lines, ...lines, ...lines], seed);
    print(await replayVariant(engine, `tripled and shuffled ${seed}`, tripled, feed));
  }
  print(await replayVariant(engine, 'killed', lines, feed, Number(values.kills)));
}

if (import.meta.main) await main();
