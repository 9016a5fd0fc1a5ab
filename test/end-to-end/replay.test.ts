import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInMemory } from '../cli/run-in-memory.ts';
import { readRecordedFeed, recordedFeedExists, shuffled } from './replay-events.ts';
import { replayVariant } from './replay-recorded.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-replay-test-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function event(documentId: string, version: number, content: string): string {
  return JSON.stringify({ operation: 'upsert', source: 's', documentId, version: `${version}`, content });
}

async function json(...commandLine: string[]): Promise<{ status: number; value: Record<string, unknown> }> {
  const { status, stdout } = await runInMemory(...commandLine, '--json', '--data', join(folder, 'data'));
  return { status, value: JSON.parse(stdout) };
}

describe('replay', () => {
  it('brings a gzip file in, goes on where it was, and keeps what it could not apply', async () => {
    const file = join(folder, 'events.gz');
    const lines = [event('a', 2, 'newer words'), event('a', 1, 'older words'), '{"operation":"upsert",'];
    await writeFile(file, gzipSync(lines.join('\n')));
    const first = await json('replay', file, '--format', 'braid');
    expect(first).toMatchObject({
      status: 0,
      value: { accepted: 3, indexed: 1, stale: 1, deadLettered: 1, ignored: 0, embedded: 1, position: '3' },
    });
    await writeFile(file, gzipSync([...lines, event('b', 1, 'more words')].join('\n')));
    expect(await json('replay', file, '--format', 'braid')).toMatchObject({
      value: { accepted: 1, indexed: 1, resumedAfter: 3, position: '4' },
    });
    const { value } = await json('dead-letters', 'list');
    expect(value.deadLetters).toMatchObject([{ reason: 'malformed', position: '3' }]);
    expect(await json('dead-letters', 'replay', '--all')).toMatchObject({
      status: 1,
      value: { replayed: 1, deadLettered: 1 },
    });
    expect(await json('dead-letters', 'drop', '--all')).toMatchObject({ value: { dropped: 1 } });
    expect((await json('documents', 'list')).value.documents).toMatchObject([
      { documentId: 'a', version: '2' },
      { documentId: 'b', version: '1' },
    ]);
  }, 60_000);

  it('ends with status 1 and its account where a storm stops it, and 2 where it is used wrongly', async () => {
    const file = join(folder, 'events.jsonl');
    await writeFile(file, 'broken\n'.repeat(30));
    expect(await json('replay', file, '--format', 'braid')).toMatchObject({
      status: 1,
      value: {
        accepted: 10,
        deadLettered: 10,
        position: '10',
        error: { type: 'urn:braid:problem:feed_stopped' },
      },
    });
    expect((await json('replay', file, '--format', 'unknown')).status).toBe(2);
    expect((await json('replay', join(folder, 'missing'), '--format', 'braid')).status).toBe(2);
  }, 60_000);
});

describe.skipIf(!recordedFeedExists)('the recorded feed (skipped without the shared data)', () => {
  it('ends exactly as recorded, shuffled and killed in the middle', async () => {
    const feed = await readRecordedFeed();
    const result = await replayVariant('sqlite', 'killed', shuffled(feed.lines, 11), feed, 2);
    expect(result).toMatchObject({ kills: 2, wrongDocuments: 0, isConserved: true });
  }, 180_000);
});
