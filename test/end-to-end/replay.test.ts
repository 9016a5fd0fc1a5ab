import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it('tells in a dry run why events could not be applied, which nothing keeps', async () => {
    const file = join(folder, 'events.jsonl');
    await writeFile(file, [event('a', 1, 'words'), '{"operation":"upsert",'].join('\n'));
    const data = ['--data', join(folder, 'data')];
    const dry = await runInMemory('replay', file, '--format', 'braid', '--dry-run', ...data);
    expect(dry.stdout).toContain('2 events: 1 indexed, 0 stale, 1 dead-lettered');
    expect(dry.stderr).toMatch(/^position 2, malformed: Cannot read the event: /m);
    const real = await runInMemory('replay', file, '--format', 'braid', ...data);
    expect(real.stderr).not.toContain('malformed');
    expect(real.stderr).toContain('why events could not be applied: dead-letters list\n');
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

describe('resync', () => {
  it('takes a folder as the listing: tells what differs, repairs it, and holds up a mass deletion', async () => {
    const place = join(folder, 'documents');
    await mkdir(place);
    for (const name of ['same', 'changed', 'gone', 'four', 'five', 'six'])
      await writeFile(join(place, `${name}.txt`), `words of ${name}`);
    await json('ingest', place);
    await writeFile(join(place, 'changed.txt'), 'other words');
    await writeFile(join(place, 'new.txt'), 'new words');
    await rm(join(place, 'gone.txt'));
    const differences = { listed: 6, equal: 4, repaired: 2, conflicting: 0, deleted: 1, refused: 0 };
    expect(await json('resync', place, '--dry-run')).toMatchObject({
      status: 0,
      value: { ...differences, embedded: 0 },
    });
    expect(await json('resync', place)).toMatchObject({ status: 0, value: { ...differences, embedded: 2 } });
    expect(await json('resync', place)).toMatchObject({
      value: { equal: 6, repaired: 0, deleted: 0, embedded: 0 },
    });
    for (const name of ['four', 'five', 'six']) await rm(join(place, `${name}.txt`));
    const { status, stderr } = await runInMemory('resync', place, '--data', join(folder, 'data'));
    expect(status).toBe(1);
    expect(stderr).toContain('--allow-mass-delete');
    expect((await json('documents', 'list')).value.documents).toHaveLength(6);
    expect(await json('resync', place, '--allow-mass-delete')).toMatchObject({ value: { deleted: 3 } });
  }, 120_000);

  it('refuses a file without a format, and a format without a source', async () => {
    const file = join(folder, 'events.jsonl');
    await writeFile(file, event('a', 1, 'words'));
    const data = ['--data', join(folder, 'data')];
    expect(await runInMemory('resync', file, ...data)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--format'),
    });
    expect(await runInMemory('resync', file, '--format', 'braid', ...data)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--source'),
    });
  }, 60_000);
});

describe('documents prune', () => {
  it('says that no feed proves anything, and what to do', async () => {
    const data = ['--data', join(folder, 'data')];
    expect(await runInMemory('documents', 'prune', '--source', 's', ...data)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--ordered'),
    });
    expect(
      await runInMemory('documents', 'prune', '--source', 's', '--older-than', '59', ...data),
    ).toMatchObject({ status: 2 });
  }, 60_000);
});
