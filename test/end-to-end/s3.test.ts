import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReport } from '../../domain/ingest.ts';
import type { SearchResponse } from '../../domain/search.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { describeWithS3, type S3Server, startS3 } from '../servers/s3.ts';
import { temporaryFolder } from './clean-up.ts';
import { writeCorpus, writeManyDocuments } from './corpus.ts';
import { ingestKilled, ingestUndisturbed } from './interrupted-ingest.ts';
import { type ProgramOptions, runJson, runProgram } from './program.ts';
import { removeIndices } from './remove-indices.ts';

const s3 = await startS3();
afterAll(() => s3?.stop());

describeWithS3('a bucket in, answers out, on sqlite', s3, (server) => {
  describeBucket(server, (folder) => ({ BRAID_DATA: join(folder, 'data') }));
});

describeWithS3('a bucket in, answers out, on OpenSearch', s3, (server) => {
  describeWithOpenSearch('with OpenSearch', (url) => {
    const prefix = `braid-s3-${process.pid}`;
    afterAll(() => removeIndices(url, prefix));
    describeBucket(server, () => ({
      BRAID_ENGINE: 'opensearch',
      OPENSEARCH_URL: url,
      BRAID_OPENSEARCH_INDEX_PREFIX: prefix,
    }));
  });
});

/** Each test goes on where the one before it ended. */
function describeBucket(server: S3Server, settingsIn: (folder: string) => Record<string, string>): void {
  let folder: string;
  let bucket: string;
  let options: ProgramOptions;
  const put = (Key: string, content: string | Uint8Array) =>
    server.client.send(
      // The length said, since the SDK warns of an empty body without one.
      new PutObjectCommand({ Bucket: bucket, Key, Body: content, ContentLength: Buffer.byteLength(content) }),
    );
  const ingest = (...flags: string[]) =>
    runJson<IngestReport>(['ingest', `s3://${bucket}/docs`, ...flags], options);
  const listed = async () =>
    (await runJson<{ documents: { documentId: string }[] }>(['documents', 'list'], options)).documents.map(
      ({ documentId }) => documentId.replace(`s3://${bucket}/docs/`, ''),
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'braid-s3-'));
    bucket = await server.createBucket({ versioned: true });
    options = { cwd: folder, environment: { ...server.environment, ...settingsIn(folder) } };
    const corpus = writeCorpus(folder);
    for (const path of filesOf(corpus)) await put(`docs/${path}`, readFileSync(join(corpus, path)));
    await put('docs/machines/crane.md.metadata.json', JSON.stringify({ metadataAttributes: { lang: 'en' } }));
    await put('docs/empty.txt', '');
    await put('docs/marker/', '');
    await put('docs-old/never.md', '# Never\n\nThis lies beside the folder.\n');
    await put('docs/odd name+%20&ü.md', '# Odd\n\nA ferry with an odd name crosses at noon.\n');
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes in what can be parsed, with its metadata, and names what cannot', async () => {
    const report = await ingest();
    expect(report.documents).toMatchObject({
      seen: 8,
      indexed: 6,
      unchanged: 0,
      removed: 0,
      refused: { corrupt: 1, empty: 1 },
    });
    expect(report.refusals.map(({ name }) => name).toSorted()).toEqual([
      `s3://${bucket}/docs/broken.pdf`,
      `s3://${bucket}/docs/empty.txt`,
    ]);
    const response = await runJson<SearchResponse>(['search', 'How much can the blue crane lift?'], options);
    expect(response.results[0]).toMatchObject({
      documentId: `s3://${bucket}/docs/machines/crane.md`,
      uri: `s3://${bucket}/docs/machines/crane.md`,
      title: 'Cranes',
      metadata: { lang: 'en' },
    });
    expect(await listed()).toContain('odd name+%20&ü.md');
  });

  it('reads nothing again while nothing has changed', async () => {
    const report = await ingest();
    expect(report.documents).toMatchObject({ seen: 8, indexed: 0, unchanged: 6, removed: 0 });
    expect(report.embedded).toBe(0);
  });

  it('takes in what has changed and removes what is gone', async () => {
    await put('docs/weather.txt', 'Wind above nine Beaufort closes the outer basin.\n');
    await put('docs/machines/crane.md.metadata.json', JSON.stringify({ metadataAttributes: { lang: 'de' } }));
    await server.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'docs/notice.html' }));
    const report = await ingest();
    expect(report.documents).toMatchObject({ seen: 7, indexed: 2, unchanged: 3, removed: 1 });
    // Only the text is embedded: metadata never is.
    expect(report.embedded).toBe(1);
    expect(await listed()).not.toContain('notice.html');
    const shown = await runJson<SearchResponse>(
      ['search', 'blue crane', '--filter', '{"equals":{"key":"lang","value":"de"}}'],
      options,
    );
    expect(shown.results.map(({ documentId }) => documentId)).toEqual([
      `s3://${bucket}/docs/machines/crane.md`,
    ]);
  });

  it('removes nothing and ends with status 1 where too much is missing, until that is allowed', async () => {
    for (const name of ['weather.txt', 'harbour.md']) {
      await server.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `docs/${name}` }));
    }
    const before = await listed();
    const guarded = await runProgram(['ingest', `s3://${bucket}/docs`, '--json'], options);
    expect(guarded.status).toBe(1);
    expect(JSON.parse(guarded.stdout)).toMatchObject({
      documents: { removed: 0 },
      withheld: [{ place: `s3://${bucket}/docs/`, known: 5, missing: 2, maxMissingPercentage: 20 }],
    });
    expect(guarded.stderr).toMatch(/2 of 5 known documents are missing.*--max-missing 100/);
    expect(await listed()).toEqual(before);
    expect((await ingest('--max-missing', '40')).documents.removed).toBe(2);
    expect(await listed()).toHaveLength(3);
  });

  it('deletes nothing where S3 fails, and says what is wrong', async () => {
    const before = await listed();
    const failing = async (over: Record<string, string>, address = `s3://${bucket}/docs`) => {
      const environment = { ...options.environment, ...over };
      const { status, stderr } = await runProgram(['ingest', address], { ...options, environment });
      return { status, stderr };
    };
    expect(await failing({ AWS_SECRET_ACCESS_KEY: 'wrong' })).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^error: Cannot read s3:.*credentials are not accepted.*\n$/m),
    });
    expect(await failing({}, 's3://no-such-bucket-here')).toEqual({
      status: 1,
      stderr: expect.stringMatching(/there is no such bucket/),
    });
    expect(await failing({ BRAID_S3_REGION: 'us-west-2' })).toEqual({
      status: 1,
      stderr: expect.stringMatching(/another Region.*s3\.region.*eu-central-1/),
    });
    expect(await failing({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' })).toEqual({
      status: 1,
      stderr: expect.stringMatching(/no AWS credentials were found/),
    });
    expect(await failing({ BRAID_S3_ENDPOINT: 'http://127.0.0.1:1', BRAID_S3_MAX_ATTEMPTS: '1' })).toEqual({
      status: 1,
      stderr: expect.stringMatching(/S3 cannot be reached/),
    });
    expect(await listed()).toEqual(before);
  });
}

describeWithS3('an ingest of a bucket that is killed', s3, (server) => {
  it('ends in the same index as an undisturbed one after another run', async () => {
    const folder = temporaryFolder();
    const bucket = await server.createBucket();
    const corpus = writeManyDocuments(folder, 30);
    for (const path of filesOf(corpus)) {
      const Body = readFileSync(join(corpus, path));
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key: path, Body }));
    }
    const inData = (name: string) => ({
      environment: { ...server.environment, BRAID_DATA: join(folder, name) },
    });
    const undisturbed = await ingestUndisturbed(`s3://${bucket}`, inData('undisturbed'));
    expect(undisturbed.listing.documents).toHaveLength(30);
    for (let at = 0; at < 2; at += 1) {
      const { listing, round } = await ingestKilled(`s3://${bucket}`, inData(`killed-${at}`), undisturbed);
      expect(listing, JSON.stringify(round)).toEqual(undisturbed.listing);
    }
  });
});

describe('a folder that is taken in again', () => {
  it('loses the documents of its files that are gone, unless too many are', async () => {
    const folder = temporaryFolder();
    const corpus = writeManyDocuments(folder, 10);
    const options = { environment: { BRAID_DATA: join(folder, 'data') } };
    const ingest = (...flags: string[]) => runJson<IngestReport>(['ingest', corpus, ...flags], options);
    expect((await ingest()).documents).toMatchObject({ indexed: 10, removed: 0 });
    rmSync(join(corpus, 'document-003.md'));
    expect((await ingest('--keep-missing')).documents).toMatchObject({ seen: 9, unchanged: 9, removed: 0 });
    expect((await ingest()).documents).toMatchObject({ seen: 9, unchanged: 9, removed: 1 });
    for (const name of ['document-004.md', 'document-005.md']) rmSync(join(corpus, name));
    expect((await runProgram(['ingest', corpus], options)).status).toBe(1);
    expect((await ingest('--max-missing', '100')).documents).toMatchObject({ seen: 7, removed: 2 });
  });
});

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(folder, path).split(sep).join('/'));
}
