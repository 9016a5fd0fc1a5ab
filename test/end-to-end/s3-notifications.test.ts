import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import type { SearchResponse } from '../../domain/search.ts';
import { startMinistack } from '../servers/ministack.ts';
import { temporaryFolder } from './clean-up.ts';
import { type ProgramOptions, runJson } from './program.ts';

const server = await startMinistack();
afterAll(() => server?.stop());

describe.skipIf(server === undefined)('the events of a real S3 server', () => {
  it('bring its objects into the index, whatever their keys, and out of it', async () => {
    const { client, createBucket, messages, environment } = server!;
    const bucket = `events-${process.pid}`;
    const folder = temporaryFolder();
    const file = join(folder, 'events.jsonl');
    const options: ProgramOptions = {
      environment: {
        ...environment,
        BRAID_DATA: join(folder, 'data'),
        BRAID_FEEDS_BUCKETS: JSON.stringify([bucket]),
      },
    };
    await createBucket(bucket);
    const put = (Key: string, Body: string) =>
      client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    await put('a b/ü+c%.md', '# Ferry\n\nThe ferry of Lindau crosses at noon.\n');
    await put('changed.md', '# Old\n\nThis text is replaced.\n');
    await put('changed.md', '# New\n\nA lighthouse stands on the mole.\n');
    await put('gone.md', '# Gone\n\nThis text is removed again.\n');
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'gone.md' }));

    const bodies = await messages(bucket);
    expect(bodies.some((body) => body.includes('s3:TestEvent'))).toBe(true);
    writeFileSync(file, `${bodies.join('\n')}\n`);
    const report = await runJson<{ deadLettered: number }>(['replay', file, '--format', 's3'], options);
    expect(report.deadLettered).toBe(0);

    const { documents } = await runJson<{ documents: { documentId: string }[] }>(
      ['documents', 'list'],
      options,
    );
    expect(documents.map(({ documentId }) => documentId)).toEqual([
      `s3://${bucket}/a b/ü+c%.md`,
      `s3://${bucket}/changed.md`,
    ]);
    const { results } = await runJson<SearchResponse>(['search', 'lighthouse on the mole'], options);
    expect(results[0]!.documentId).toBe(`s3://${bucket}/changed.md`);

    // What events brought in and a listing of the bucket are the same documents.
    const ingest = await runJson<{ documents: object }>(['ingest', `s3://${bucket}`], options);
    expect(ingest.documents).toMatchObject({ seen: 2, removed: 0, refused: {} });
    const after = await runJson<{ documents: object[] }>(['documents', 'list'], options);
    expect(after.documents).toHaveLength(2);
  });
});
