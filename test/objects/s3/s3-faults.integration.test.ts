import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListMultipartUploadsCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { ObjectStore } from '../../../objects/object-store.ts';
import { createS3, type S3, type S3Options } from '../../../objects/s3/create-s3.ts';
import { type FaultProxy, startFaultProxy } from '../../servers/fault-proxy.ts';
import { describeWithS3, startS3 } from '../../servers/s3.ts';

/** The whole of F1 has 60: `PARTITION_SECONDS=60`. */
const partitionSeconds = Number(process.env.PARTITION_SECONDS ?? 2);

const server = await startS3();
afterAll(() => server?.stop());

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function read(store: ObjectStore, key: string, versionId?: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const { body } = (await store.get(key, versionId === undefined ? {} : { versionId }))!;
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

describeWithS3('createS3 on a bad network', server, (target) => {
  const timeoutMs = 500;
  let proxy: FaultProxy;
  let bucket: string;
  let opened: S3[] = [];
  const open = (over: Partial<S3Options> = {}) => {
    const s3 = createS3({ endpoint: proxy.url, region: target.region, timeoutMs, maxAttempts: 3, ...over });
    opened.push(s3);
    return s3.bucket(bucket);
  };

  beforeAll(async () => {
    for (const [name, value] of Object.entries(target.environment)) vi.stubEnv(name, value);
    proxy = await startFaultProxy(target.endpoint);
    bucket = await target.createBucket({ versioned: true });
  });
  afterAll(() => proxy.close());
  beforeEach(() => proxy.setFault({ kind: 'none' }));
  afterEach(async () => {
    for (const s3 of opened) await s3.close();
    opened = [];
  });

  it('reads an object whole though its connection is cut again and again', async () => {
    const content = randomBytes(6_000_000);
    await open().put('cut', content);
    await proxy.setFault({ kind: 'cut', afterBytes: 1_500_000 });
    proxy.connections = 0;
    expect(hashOf(await read(open(), 'cut'))).toBe(hashOf(content));
    expect(proxy.connections).toBeGreaterThanOrEqual(4);
  });

  it('fails rather than mix two states of an object', async () => {
    await open().put('mixed', randomBytes(3_000_000));
    await proxy.setFault({ kind: 'cut', afterBytes: 1_000_000 });
    const { body } = (await open().get('mixed'))!;
    const reading = body[Symbol.asyncIterator]();
    await reading.next();
    await proxy.setFault({ kind: 'none' });
    await open().put('mixed', randomBytes(3_000_000));
    const rest = async () => {
      for (let next = await reading.next(); next.done !== true; next = await reading.next());
    };
    await expect(rest()).rejects.toMatchObject({ reason: 'changed' });
  });

  it('waits no longer than its tries for a server that says nothing, and tells so', async () => {
    const store = open();
    await proxy.setFault({ kind: 'black hole' });
    proxy.connections = 0;
    const startedAt = performance.now();
    await expect(store.get('x')).rejects.toMatchObject({
      reason: 'unavailable',
      code: 'objects_unavailable',
    });
    // Three tries and the waits between them; on a busy machine more, but not minutes.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(proxy.connections).toBe(3);
  });

  it('tries three times where connections are reset, and is well again with the network', async () => {
    const store = open();
    await store.put('reset', Buffer.from('x'));
    const other = open();
    await proxy.setFault({ kind: 'reset' });
    proxy.connections = 0;
    await expect(other.head('reset')).rejects.toMatchObject({ reason: 'unavailable' });
    expect(proxy.connections).toBeLessThanOrEqual(6);
    await proxy.setFault({ kind: 'latency', milliseconds: 100 });
    expect(String(await read(other, 'reset'))).toBe('x');
  });

  it('leaves no part of an upload that broke', async () => {
    async function* broken() {
      yield randomBytes(9_000_000);
      yield randomBytes(9_000_000);
      throw new Error('the source broke');
    }
    await expect(open().put('broken', Readable.from(broken()))).rejects.toThrow('the source broke');
    const { Uploads = [] } = await target.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads).toEqual([]);
  });

  it('reads and lists over a line that is slow, uneven, or gives a few bytes at a time', async () => {
    const content = randomBytes(3_000);
    await open().put('slow', content);
    for (const fault of [
      { kind: 'bandwidth', bytesPerSecond: 1_024 },
      { kind: 'latency', milliseconds: 0, jitterMs: 200 },
      { kind: 'slicer', bytes: 7 },
    ] as const) {
      await proxy.setFault(fault);
      // Reading takes longer than the time for silence, and is never silent for so long.
      const store = open({ timeoutMs: 2_000 });
      expect(hashOf(await read(store, 'slow')), fault.kind).toBe(hashOf(content));
      const keys: string[] = [];
      for await (const { key } of store.list('slow')) keys.push(key);
      expect(keys, fault.kind).toEqual(['slow']);
    }
  });

  it('fails within its tries through a partition, and is well again after', async () => {
    const store = open();
    await store.put('parted', Buffer.from('x'));
    await proxy.setFault({ kind: 'partition' });
    const until = performance.now() + partitionSeconds * 1_000;
    let slowestMs = 0;
    for (let tries = 0; tries === 0 || performance.now() < until; tries += 1) {
      const startedAt = performance.now();
      await expect(store.get('parted')).rejects.toMatchObject({ reason: 'unavailable' });
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
    await proxy.setFault({ kind: 'none' });
    const healedAt = performance.now();
    expect(String(await read(store, 'parted'))).toBe('x');
    process.stderr.write(
      `partition of ${partitionSeconds} s: slowest failure ${slowestMs.toFixed(0)} ms, back after ${(performance.now() - healedAt).toFixed(0)} ms\n`,
    );
  }, 120_000);

  it('does not try again what cannot succeed', async () => {
    const tries = async (over: Record<string, string>, options: Partial<S3Options> = {}, name = bucket) => {
      for (const [variable, value] of Object.entries({ ...target.environment, ...over }))
        vi.stubEnv(variable, value);
      proxy.connections = 0;
      const s3 = createS3({
        endpoint: proxy.url,
        region: target.region,
        timeoutMs,
        maxAttempts: 3,
        ...options,
      });
      const requests = vi.fn();
      try {
        for await (const _ of s3.bucket(name).list('')) requests();
        return undefined;
      } catch (error) {
        return { error, connections: proxy.connections };
      } finally {
        await s3.close();
        for (const [variable, value] of Object.entries(target.environment)) vi.stubEnv(variable, value);
      }
    };
    const failed = (reason: string) => ({ error: expect.objectContaining({ reason }), connections: 1 });
    expect(await tries({ AWS_SECRET_ACCESS_KEY: 'wrong' })).toEqual(failed('invalid_credentials'));
    expect(await tries({ AWS_ACCESS_KEY_ID: 'AKIDUNKNOWNUNKNOWN00' })).toEqual(failed('invalid_credentials'));
    expect(await tries({}, { region: 'us-west-2' })).toEqual(failed('wrong_region'));
    expect(await tries({}, {}, 'no-such-bucket-here')).toEqual(failed('no_such_bucket'));
  });

  it('reads a version by its id, also one that is gone, and nothing of a delete marker', async () => {
    const { Status } = await target.client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    expect(Status).toBe('Enabled');
    const store = open();
    const first = await store.put('kept', Buffer.from('first'));
    const second = await store.put('kept', Buffer.from('second'));
    expect(first.versionId).toBeDefined();
    expect(first.versionId).not.toBe(second.versionId);
    expect((await store.head('kept'))!.versionId).toBe(second.versionId);
    expect(String(await read(store, 'kept', first.versionId))).toBe('first');
    const marker = await target.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'kept' }));
    expect(await store.get('kept')).toBeUndefined();
    expect(await store.get('kept', { versionId: marker.VersionId! })).toBeUndefined();
    expect(String(await read(store, 'kept', second.versionId))).toBe('second');
  });

  it('comes back with what it held after the server was killed', async () => {
    await open().put('survives', Buffer.from('yes'));
    await target.restart();
    expect(String(await read(open(), 'survives'))).toBe('yes');
  });
});
