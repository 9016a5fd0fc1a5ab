import { startBedrock } from '../servers/bedrock/bedrock.ts';
import { anyOf, rateLimit, storm } from '../servers/bedrock/faults.ts';
import {
  bedrockModels,
  tellingEmbedder,
  tellingVector,
  useStandInCredentials,
} from './bedrock-under-test.ts';

/**
 * How embedding in Bedrock behaves where Bedrock throttles, on the stand-in:
 * `node test/end-to-end/bedrock-throttling.ts [texts] [seconds]`.
 *
 * First `texts` (5,000) are embedded under a limit of 100 calls a second while 30 % of calls are throttled and 2 % of
 * connections dropped by chance; then texts without end while the limit steps 100, 20, 100 for `seconds` (60) each.
 * A step counts as settled in its second half; its whole is told beside it, with what the step itself cost.
 */
const [texts = 5_000, seconds = 60] = process.argv.slice(2).map(Number);
const dimensions = 256;
const bedrock = await startBedrock({ embedder: tellingEmbedder });
useStandInCredentials(bedrock.environment);
bedrock.behaviour.latencyMs = 80;

const tell = (line: string) => process.stdout.write(`${line}\n`);

async function underStorm(): Promise<void> {
  const models = bedrockModels(bedrock.url);
  const model = models.embedding('bedrock/amazon.titan-embed-text-v2:0', dimensions);
  bedrock.behaviour.faults = anyOf(
    storm({ throttled: 0.3, dropped: 0.02, seed: 11 }),
    rateLimit(() => 100),
  );
  const given = Array.from({ length: texts }, (_, at) => `chunk ${at}`);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const { vectors } = await model.embedPassages(given, { tenantId: 'bench', feature: 'ingest' });
  const elapsed = (performance.now() - startedAt) / 1_000;
  const wrong = given.filter((text, at) => {
    const expected = tellingVector(text, dimensions);
    return vectors[at]!.reduce((sum, value, dimension) => sum + value * expected[dimension]!, 0) < 0.9999;
  }).length;
  const answered = bedrock.requests.filter(({ status }) => status === 200);
  const different = new Set(answered.map(({ body }) => (body as { inputText: string }).inputText));
  const perSecond = texts / elapsed;
  tell(
    `storm: ${vectors.length} of ${texts} vectors, ${wrong} wrong or misplaced, ${different.size} texts answered, ${answered.length - different.size} of them twice, ${elapsed.toFixed(1)} s, ${perSecond.toFixed(1)} a second, ${perSecond.toFixed(0)} % of the limit, ${bedrock.requests.length} calls, ${(process.cpuUsage(cpu).user / 1e6).toFixed(1)} s of CPU`,
  );
  models.close();
}

async function underSteps(): Promise<void> {
  const models = bedrockModels(bedrock.url);
  const model = models.embedding('bedrock/amazon.titan-embed-text-v2:0', dimensions);
  const startedAt = performance.now();
  const limitAt = (second: number) => (second >= seconds && second < 2 * seconds ? 20 : 100);
  bedrock.requests.length = 0;
  bedrock.behaviour.faults = rateLimit(() => limitAt((performance.now() - startedAt) / 1_000));
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('done')), seconds * 3_000);
  let next = 0;
  const worker = async () => {
    while (!stop.signal.aborted) {
      next += 1;
      await model.embedPassages([`text ${next}`], { signal: stop.signal }).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: 128 }, worker));
  for (let step = 0; step < 3; step += 1) {
    const limit = limitAt(step * seconds);
    const [from, to] = [startedAt + step * seconds * 1_000, startedAt + (step + 1) * seconds * 1_000];
    tell(
      `limit ${limit}: settled ${shares(from + (to - from) / 2, to, limit)}; whole step ${shares(from, to, limit)}`,
    );
    for (let at = from; at < to; at += 5_000) {
      process.stderr.write(
        `  from ${((at - startedAt) / 1_000).toFixed(0)} s: ${shares(at, Math.min(to, at + 5_000), limit)}\n`,
      );
    }
  }
  models.close();
}

/** What was served and throttled of the calls that came between two times, in milliseconds. */
function shares(from: number, to: number, limit: number): string {
  const part = bedrock.requests.filter(({ at }) => at >= from && at < to);
  const throttled = part.filter(({ status }) => status === 429).length;
  const served = (part.filter(({ status }) => status === 200).length * 1_000) / (to - from);
  const share = (100 * throttled) / Math.max(1, part.length);
  return `${served.toFixed(1)} served a second (${((100 * served) / limit).toFixed(0)} %), ${share.toFixed(1)} % throttled`;
}

await underStorm();
await underSteps();
await bedrock.close();
