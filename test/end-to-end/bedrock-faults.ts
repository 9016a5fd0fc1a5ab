import { performance } from 'node:perf_hooks';
import { startBedrock } from '../servers/bedrock/bedrock.ts';
import { bedrockModels, percentile, tellingEmbedder, useStandInCredentials } from './bedrock-under-test.ts';
import { type ProxyFault, startFaultProxy } from './fault-proxy.ts';

/**
 * What happens to requests while the way to Bedrock is disturbed, on the stand-in behind a TCP proxy that makes trouble:
 * `node test/end-to-end/bedrock-faults.ts [requests] [partitionSeconds]`.
 *
 * For each fault `requests` (40) queries of a deadline of 2 s are embedded and counted, and after it heals the time until
 * one succeeds is taken. Texts in the background run through a partition of `partitionSeconds` (60).
 */
const [requests = 40, partitionSeconds = 60] = process.argv.slice(2).map(Number);
const deadlineMs = 2_000;
const bedrock = await startBedrock({ embedder: tellingEmbedder });
useStandInCredentials(bedrock.environment);
const proxy = await startFaultProxy(bedrock.url);
let unhandled = 0;
process.on('unhandledRejection', () => {
  unhandled += 1;
});

const faults: readonly (readonly [string, ProxyFault])[] = [
  ['latency 0.5 s', { kind: 'latency', milliseconds: 500 }],
  ['latency 2 s', { kind: 'latency', milliseconds: 2_000 }],
  ['latency 10 s', { kind: 'latency', milliseconds: 10_000 }],
  ['jitter 0 to 1 s', { kind: 'latency', milliseconds: 0, jitterMs: 1_000 }],
  ['1 kB/s', { kind: 'bandwidth', bytesPerSecond: 1_024 }],
  ['reset', { kind: 'reset' }],
  ['black hole', { kind: 'black hole' }],
  ['slicer', { kind: 'slicer', bytes: 7 }],
  ['partition', { kind: 'partition' }],
];
const tell = (line: string) => process.stdout.write(`${line}\n`);
const models = bedrockModels(proxy.url, { requestTimeoutMs: 5_000 });
const model = models.embedding('bedrock/amazon.titan-embed-text-v2:0', 256);
const ask = async () => {
  const startedAt = performance.now();
  const call = { failureBudget: { left: 3 }, deadline: startedAt + deadlineMs };
  const isAnswered = await model.embedQuery('a question', call).then(
    () => true,
    () => false,
  );
  return { isAnswered, milliseconds: performance.now() - startedAt };
};

await ask();
const memoryBefore = process.memoryUsage.rss();
for (const [name, fault] of faults) {
  await proxy.setFault(fault);
  const results = [];
  for (let done = 0; done < requests; done += 10) {
    results.push(...(await Promise.all(Array.from({ length: 10 }, ask))));
  }
  await proxy.setFault({ kind: 'none' });
  const healedAt = performance.now();
  let recoveredMs = Number.POSITIVE_INFINITY;
  while (performance.now() - healedAt < 30_000 && recoveredMs === Number.POSITIVE_INFINITY) {
    if ((await ask()).isAnswered) recoveredMs = performance.now() - healedAt;
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const late = results.filter(({ milliseconds }) => milliseconds > deadlineMs + 100).length;
  const answered = results.filter(({ isAnswered }) => isAnswered).length;
  const slowest = percentile(
    results.map(({ milliseconds }) => milliseconds),
    1,
  );
  tell(
    `${name}: ${answered} of ${results.length} answered, ${late} later than the deadline + 100 ms (slowest ${slowest.toFixed(0)} ms), back ${(recoveredMs / 1_000).toFixed(1)} s after it healed`,
  );
}

// The background: what is in work when the line is cut goes on when it is back.
const texts = Array.from({ length: 500 }, (_, at) => `text ${at}`);
let tries = 0;
const embedAll = async (): Promise<number> => {
  for (;;) {
    try {
      return (await model.embedPassages(texts)).vectors.length;
    } catch {
      // As ingestion does: the whole document again.
      tries += 1;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
};
const embedding = embedAll();
await new Promise((resolve) => setTimeout(resolve, 500));
await proxy.setFault({ kind: 'partition' });
await new Promise((resolve) => setTimeout(resolve, partitionSeconds * 1_000));
await proxy.setFault({ kind: 'none' });
const healedAt = performance.now();
const embedded = await embedding;
tell(
  `partition of ${partitionSeconds} s in the background: ${embedded} of ${texts.length} embedded, ${((performance.now() - healedAt) / 1_000).toFixed(1)} s after it healed, taken up ${tries} times`,
);

// F3: everything fails; calls for one request, and when the breaker opens.
bedrock.requests.length = 0;
bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ServiceUnavailableException' });
const failingAt = performance.now();
const callsOf: number[] = [];
let openedMs = Number.POSITIVE_INFINITY;
for (let request = 0; request < 20; request += 1) {
  const before = bedrock.requests.length;
  await ask();
  callsOf.push(bedrock.requests.length - before);
  if (callsOf.at(-1) === 0) openedMs = Math.min(openedMs, performance.now() - failingAt);
}
tell(
  `all calls fail: at most ${Math.max(...callsOf)} calls a request, the breaker open after ${openedMs.toFixed(0)} ms, ${bedrock.requests.length} calls for 20 requests`,
);
tell(
  `unhandled rejections: ${unhandled}; memory grown by ${((process.memoryUsage.rss() - memoryBefore) / 1_048_576).toFixed(0)} MiB`,
);
models.close();
await proxy.close();
await bedrock.close();
