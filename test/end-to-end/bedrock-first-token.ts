import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createAnswer } from '../../answer/answer.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { startBedrock } from '../servers/bedrock/bedrock.ts';
import { saying } from '../servers/bedrock/converse-script.ts';
import { bedrockModels, percentile, tellingEmbedder, useStandInCredentials } from './bedrock-under-test.ts';

/**
 * What Braid's answer stage adds to the time until a model's first token: `node test/end-to-end/bedrock-first-token.ts
 * [rounds] [modelMs]`. In turn, the bare SDK reads a ConverseStream and the answer stage answers from five passages; the
 * stand-in says its first word after `modelMs` (300). The figure is the ratio of the medians in one run.
 */
const [rounds = 100, modelMs = 300] = process.argv.slice(2).map(Number);
const bedrock = await startBedrock({ embedder: tellingEmbedder });
useStandInCredentials(bedrock.environment);
bedrock.behaviour.converse = saying([{ pauseMs: modelMs }, { text: 'The first words of an answer.' }]);
const models = bedrockModels(bedrock.url);
const language = models.language('bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0');
const bare = new BedrockRuntimeClient({
  region: 'us-east-1',
  endpoint: bedrock.url,
  requestHandler: new NodeHttpHandler(),
});
const passages = Array.from({ length: 5 }, (_, at) =>
  `Passage ${at} tells of cranes, pilots and tides. `.repeat(20),
);

const bareMs = async (): Promise<number> => {
  const startedAt = performance.now();
  const { stream } = await bare.send(
    new ConverseStreamCommand({
      modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      messages: [
        { role: 'user', content: [...passages.map((text) => ({ text })), { text: 'What of tides?' }] },
      ],
    }),
  );
  let first = Number.NaN;
  for await (const event of stream!) {
    if (event.contentBlockDelta?.delta?.text !== undefined && Number.isNaN(first))
      first = performance.now() - startedAt;
  }
  return first;
};

const results = passages.map((text, at) => ({
  rank: at + 1,
  score: 1,
  documentId: `d${at}`,
  metadata: {},
  chunk: { chunkId: `c${at}`, ordinal: 0, text, headingPath: [], start: 0, end: text.length, tokens: 100 },
}));
const found = { request: { query: 'q' }, results, facets: [], timings: {}, degraded: [], usage: [] };
const answer = createAnswer(silentTelemetry);
const braidMs = async (): Promise<number> => {
  const startedAt = performance.now();
  let first = Number.NaN;
  for await (const event of answer(answerInput())) {
    if (event.type === 'text' && Number.isNaN(first)) first = performance.now() - startedAt;
  }
  return first;
};

function answerInput() {
  const settings = { withholdUngrounded: false, linkHosts: [] };
  return { question: 'What of tides?', found: found as never, model: language, settings };
}

const [braid, sdk]: [number[], number[]] = [[], []];
for (let round = -5; round < rounds; round += 1) {
  const [ours, theirs] = [await braidMs(), await bareMs()];
  if (round < 0) continue;
  braid.push(ours);
  sdk.push(theirs);
}
const [ours, theirs] = [percentile(braid, 0.5), percentile(sdk, 0.5)];
process.stdout.write(
  `first token: Braid ${ours.toFixed(1)} ms, bare SDK ${theirs.toFixed(1)} ms (medians of ${rounds}), ratio ${(ours / theirs).toFixed(3)}, added ${(ours - theirs).toFixed(1)} ms\n`,
);
bare.destroy();
models.close();
await bedrock.close();
