import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runInMemory } from '../cli/run-in-memory.ts';
import { temporaryFolder } from './clean-up.ts';

it('writes each administrative act of the command line down, with its counts, and what failed as begun', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const run = async (...commandLine: string[]) =>
    (await runInMemory(...commandLine, '--json', '--data', data)).status;
  const event = (documentId: string, content: string) =>
    JSON.stringify({ operation: 'upsert', source: 'docs', documentId, version: '1', content });
  const feed = join(folder, 'events.jsonl');
  await writeFile(feed, [event('a', 'secret words'), event('b', 'other words'), 'broken'].join('\n'));
  expect(await run('replay', feed, '--format', 'braid')).toBe(0);

  expect(await run('documents', 'prune', '--source', 'docs', '--dry-run')).toBe(0);
  expect(await run('documents', 'prune', '--source', 'docs')).toBe(0);
  expect(await run('dead-letters', 'replay', '--all')).toBe(1);
  expect(await run('dead-letters', 'drop', '--all')).toBe(0);
  expect(await run('documents', 'delete', 'a')).toBe(0);
  expect(await run('documents', 'delete', 'never')).toBe(1);
  const listing = join(folder, 'listing.jsonl');
  await writeFile(listing, event('b', 'other words'));
  const resync = ['resync', listing, '--format', 'braid', '--source'];
  expect(await run(...resync, 'docs', '--dry-run')).toBe(0);
  expect(await run(...resync, 'docs')).toBe(0);
  await writeFile(listing, 'broken');
  expect(await run(...resync, 'docs')).not.toBe(0);

  const text = await readFile(join(data, 'audit', 'acts.jsonl'), 'utf8');
  const acts = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(acts.map(({ action, detail }) => [action, detail])).toEqual([
    ['pruning of deletions begins', undefined],
    ['pruning of deletions ends', { source: 'docs', pruned: 0 }],
    ['replay of dead letters begins', undefined],
    ['replay of dead letters ends', expect.objectContaining({ replayed: 1, deadLettered: 1 })],
    ['dropping of dead letters begins', undefined],
    ['dropping of dead letters ends', { dropped: 1 }],
    ['deletion of documents begins', undefined],
    ['deletion of documents ends', { documents: 1 }],
    ['resync begins', undefined],
    ['resync ends', { repaired: 0, deleted: 0 }],
    ['resync begins', undefined],
  ]);
  expect(acts.every(({ actor, tenantId }) => actor === 'operator' && tenantId === 'default')).toBe(true);
  expect(text).not.toMatch(/words|"a"/);
}, 120_000);
