import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ObjectStoreFailure } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import { createLoadObject, type FeedObjects } from '../../ingest/feed-object.ts';
import { createFolderObjectStore } from '../../objects/folder/folder-object-store.ts';
import { createSqliteEngine, type SqliteEngine } from '../../search-engine/sqlite/create-sqlite-engine.ts';
import { createS3Reader } from '../../sources/feeds/s3.ts';
import { tellsMediaType } from '../../sources/object-metadata.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { createFeedUnderTest, lettersOf, scopes, standInModel, stateOf } from './feed-under-test.ts';

type StoreOf = FeedObjects['storeOf'];

let folder: string;
let bucket: string;
let adapter: SqliteEngine;
let tenants = 0;
let scope: Scope;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-objects-'));
  bucket = await mkdtemp(join(folder, 'bucket-'));
  adapter = await createSqliteEngine({
    folder: join(folder, 'data'),
    embedding: { modelId: standInModel.id, dimensions: standInModel.dimensions },
    telemetry: silentTelemetry,
  });
});

afterAll(async () => {
  await adapter.close();
  await rm(folder, { recursive: true, force: true });
});

/** A folder in the place of the bucket "docs", with the keys that were read. */
function folderAsBucket(): { stores: StoreOf; read: string[] } {
  const store = createFolderObjectStore(bucket);
  const read: string[] = [];
  return {
    read,
    stores: (name) =>
      name === 'docs'
        ? {
            get(key, options) {
              read.push(key);
              return store.get(key, options);
            },
          }
        : undefined,
  };
}

function failing(reason: ConstructorParameters<typeof ObjectStoreFailure>[0], times = Infinity): StoreOf {
  const { stores } = folderAsBucket();
  let left = times;
  return (name) => ({
    async get(key, options) {
      left -= 1;
      if (left >= 0) throw new ObjectStoreFailure(reason, `Cannot read: ${reason}`);
      return stores(name)!.get(key, options);
    },
  });
}

const notice = (kind: string, key: string, sequencer: string, more: object = {}, of = 'docs') =>
  JSON.stringify({
    Records: [{ eventName: kind, s3: { bucket: { name: of }, object: { key, sequencer, ...more } } }],
  });
const created = (key: string, sequencer: string, more?: object) =>
  notice('ObjectCreated:Put', key, sequencer, more);

async function run(stores: StoreOf, ...lines: string[]) {
  tenants += 1;
  scope = scopes.operator(`o-${tenants}`);
  return more(stores, ...lines);
}

function more(stores: StoreOf, ...lines: string[]) {
  const { feeds } = createFeedUnderTest(adapter, { maxDocumentBytes: 1_000 }, silentTelemetry, 0, stores);
  return feeds.run(scope, {
    format: 's3',
    reader: createS3Reader(),
    async *open() {
      for (const [at, text] of lines.entries()) yield { text, record: at + 1 };
    },
  });
}

describe('a creation event of S3', () => {
  it('indexes its object, once for several events that queue up, in the order of their sequencers', async () => {
    await writeFile(join(bucket, 'a.txt'), 'the object');
    const { stores, read } = folderAsBucket();
    const report = await run(stores, created('a.txt', '02'), created('a.txt', '03'), created('a.txt', '01'));
    expect(report).toMatchObject({ accepted: 3, indexed: 1, stale: 2, embedded: 1 });
    expect(read).toEqual(['a.txt.metadata.json', 'a.txt']);
    read.length = 0;
    expect(Object.values(await stateOf(adapter.documents, scope))).toEqual([
      expect.stringMatching(/^\d+ the object \{\} 1$/),
    ]);
    expect(await more(stores, created('a.txt', '02'))).toMatchObject({ stale: 1 });
    expect(read).toEqual([]);
  });

  it('has the media type that the store tells, as the document of a listing has', async () => {
    await writeFile(join(bucket, 'page'), 'a page');
    const { stores } = folderAsBucket();
    const typed =
      (mediaType: string): StoreOf =>
      (name) => ({
        async get(key, options) {
          const reading = await stores(name)!.get(key, options);
          return reading && { ...reading, info: { ...reading.info, mediaType } };
        },
      });
    const claimed = async () =>
      (await adapter.documents.record(scope, 's3://docs/page'))!.record.content!.claimed;
    await run(typed('text/html'), created('page', '01'));
    expect(await claimed()).toEqual({ mediaType: 'text/html' });
    await more(typed('binary/octet-stream'), created('page', '02'));
    expect(await claimed()).toEqual({});
  });

  it("is refused where the document belongs to another source, also at a higher version than the event's", async () => {
    const { stores, read } = folderAsBucket();
    await run(stores);
    const document = { documentId: 's3://docs/mine.txt', source: 'other', version: 10n ** 79n, content: 'x' };
    await createFeedUnderTest(adapter).ingest(scope, { operation: 'upsert', document });
    expect(await more(stores, created('mine.txt', '01'))).toMatchObject({
      stale: 0,
      deadLettersByReason: { source_conflict: 1 },
    });
    expect(read).toEqual([]);
  });

  it('takes metadata and the list of readers from the file beside the object, and is refused with it', async () => {
    await writeFile(join(bucket, 'e.txt'), 'for ada');
    const file = join(bucket, 'e.txt.metadata.json');
    const entry = { name: 'ada', type: 'USER', access: 'ALLOW' };
    await writeFile(file, JSON.stringify({ metadataAttributes: { lang: 'en' }, accessControlList: [entry] }));
    const { stores } = folderAsBucket();
    const report = await run(stores, created('e.txt', '01'), created('e.txt.metadata.json', '02'));
    expect(report).toMatchObject({ indexed: 1, ignoredByKind: { metadata_file: 1 } });
    const { record } = (await adapter.documents.record(scope, 's3://docs/e.txt'))!;
    expect(record.metadata?.value).toEqual({ lang: 'en' });
    expect(record.access?.value).toEqual({ allow: ['user:ada'] });
    await writeFile(file, '{');
    expect(await more(stores, created('e.txt', '03'))).toMatchObject({
      deadLettersByReason: { refused_document: 1 },
    });
    expect((await adapter.documents.record(scope, 's3://docs/e.txt'))!.record.access?.value).toEqual({
      allow: ['user:ada'],
    });
  });

  it('of an old version that expires takes nothing away, and deletes what is gone with its last version', async () => {
    await writeFile(join(bucket, 'v.txt'), 'the current version');
    const { stores } = folderAsBucket();
    await run(stores, created('v.txt', '01', { versionId: 'new' }));
    const expired = (sequencer: string, versionId: string, kind = 'LifecycleExpiration:Delete') =>
      notice(kind, 'v.txt', sequencer, { versionId });
    expect(await more(stores, expired('02', 'old'))).toMatchObject({ indexed: 1, embedded: 0 });
    expect(Object.keys(await stateOf(adapter.documents, scope))).toEqual(['s3://docs/v.txt']);
    await rm(join(bucket, 'v.txt'));
    expect(await more(stores, expired('03', 'new', 'ObjectRemoved:Delete'))).toMatchObject({ indexed: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
    expect(await more(stores, created('v.txt', '01'))).toMatchObject({ stale: 1 });
  });

  it('is stale where its object is gone, and never brings back what a later event removed', async () => {
    await writeFile(join(bucket, 'b.txt'), 'there');
    const { stores } = folderAsBucket();
    expect(await run(stores, created('gone.txt', '01'))).toMatchObject({ accepted: 1, stale: 1 });
    await more(stores, notice('ObjectRemoved:Delete', 'b.txt', '05'));
    expect(await more(stores, created('b.txt', '04'))).toMatchObject({ stale: 1 });
    expect(await stateOf(adapter.documents, scope)).toEqual({});
    expect(await more(stores, created('b.txt', '06'))).toMatchObject({ indexed: 1 });
  });

  it.each([
    [{ size: 1_001 }, 'small', 0],
    [{}, 'x'.repeat(1_001), 2],
  ])('is a dead letter where its object is too large: said %j', async (said, content, reads) => {
    await writeFile(join(bucket, 'large.txt'), content);
    const { stores, read } = folderAsBucket();
    const report = await run(stores, created('large.txt', '01', said));
    expect(report).toMatchObject({ deadLettersByReason: { refused_document: 1 } });
    expect(read).toHaveLength(reads);
  });

  it.each(['access_denied', 'archived', 'no_such_bucket', 'rejected'] as const)(
    'is a dead letter where the store says %s, and is applied when that is mended',
    async (reason) => {
      await writeFile(join(bucket, 'c.txt'), 'denied');
      const report = await run(failing(reason), created('c.txt', '01'));
      expect(report).toMatchObject({ accepted: 1, deadLettersByReason: { unreadable_object: 1 } });
      const { feeds } = createFeedUnderTest(adapter, {}, silentTelemetry, 0, folderAsBucket().stores);
      const letters = await lettersOf(feeds, scope);
      expect((await feeds.retry(scope, letters[0]!, createS3Reader())).events).toMatchObject([
        { outcome: 'indexed' },
      ]);
    },
  );

  it('waits while the store is away or the credentials have expired', async () => {
    await writeFile(join(bucket, 'd.txt'), 'later');
    for (const reason of ['unavailable', 'expired_credentials', 'changed'] as const) {
      expect(await run(failing(reason, 2), created('d.txt', '01'))).toMatchObject({ indexed: 1 });
    }
  });

  it('loads from the buckets of the setting only', async () => {
    const { stores } = folderAsBucket();
    const report = await run(stores, notice('ObjectCreated:Put', 'a.txt', '01', {}, 'private'));
    expect(report).toMatchObject({ deadLettersByReason: { unreadable_object: 1 } });
  });
});

describe('createLoadObject', () => {
  it('lets go of an object that is too large', async () => {
    await writeFile(join(bucket, 'large.txt'), 'x'.repeat(100_000));
    let body: Readable | undefined;
    const load = createLoadObject(
      {
        storeOf: () => ({
          async get(key, options) {
            const reading = await createFolderObjectStore(bucket).get(key, options);
            body = reading?.body;
            return reading;
          },
        }),
        metadataSuffix: '.json',
        maxMetadataBytes: 10,
        tellsMediaType,
        parseMetadata: () => ({}),
      },
      1_000,
    );
    await expect(load({ bucket: 'docs', key: 'large.txt' })).rejects.toMatchObject({ reason: 'too_large' });
    expect(body!.destroyed).toBe(true);
  });
});
