import { parseArgs } from 'node:util';
import PQueue from 'p-queue';
import { createS3 } from '../../objects/s3/create-s3.ts';
import { startS3 } from '../../test/servers/s3.ts';

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '2000' },
    megabytes: { type: 'string', default: '200' },
  },
});
const megabyte = 1024 * 1024;
const count = Number(values.objects);
const megabytes = Number(values.megabytes);

const server = await startS3();
if (server === undefined) throw new Error('There is no S3 server to measure with');
try {
  const s3 = createS3({
    endpoint: server.endpoint,
    region: server.region,
    timeoutMs: 30_000,
    maxAttempts: 4,
  });
  const store = s3.bucket(await server.createBucket());
  const small = Buffer.alloc(2_048, 'x');
  const put = await perSecond(count, (at) => store.put(`small/${at}`, small));
  const keys: string[] = [];
  const startedAt = performance.now();
  for await (const { key } of store.list('small/')) keys.push(key);
  const list = Math.round((keys.length * 1000) / (performance.now() - startedAt));
  const get = await perSecond(count, async (at) => {
    const { body } = (await store.get(keys[at]!))!;
    for await (const _ of body);
  });

  const written = await watched(async () => {
    await store.put('large', pieces());
  });
  let bytes = 0;
  const read = await watched(async () => {
    const { body } = (await store.get('large'))!;
    for await (const piece of body) bytes += (piece as Buffer).length;
  });
  if (bytes !== megabytes * megabyte) throw new Error(`Read ${bytes} bytes of ${megabytes * megabyte}`);
  console.log(
    JSON.stringify(
      { objects: count, perSecond: { put, list, get }, megabytes, stream: { written, read } },
      undefined,
      2,
    ),
  );
  await s3.close();
} finally {
  await server.stop();
}

async function* pieces(): AsyncGenerator<Buffer> {
  for (let at = 0; at < megabytes; at += 1) yield Buffer.alloc(megabyte, at % 256);
}

async function perSecond(times: number, work: (at: number) => Promise<unknown>): Promise<number> {
  const queue = new PQueue({ concurrency: 16 });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: times }, (_, at) => queue.add(() => work(at))));
  return Math.round((times * 1000) / (performance.now() - startedAt));
}

/** Megabytes a second, and by how many the memory of this process rose at most. */
async function watched(
  work: () => Promise<void>,
): Promise<{ megabytesPerSecond: number; addedMegabytes: number }> {
  const before = process.memoryUsage.rss();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage.rss());
  }, 20);
  const startedAt = performance.now();
  await work();
  clearInterval(timer);
  return {
    megabytesPerSecond: Math.round((megabytes * 1000) / (performance.now() - startedAt)),
    addedMegabytes: Math.round((highest - before) / megabyte),
  };
}
