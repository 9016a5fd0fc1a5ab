import { LLMock } from '@copilotkit/aimock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelUsage } from '../../../domain/usage.ts';
import { createBedrockConnection } from '../../../models/bedrock/connection.ts';
import { createBedrockLanguageModel } from '../../../models/bedrock/language.ts';
import { traitsOf } from '../../../models/bedrock/model-table.ts';
import type { AnswerPrompt, LanguageModel, LanguageModelEvent } from '../../../models/language-model.ts';
import type { ModelCall } from '../../../models/model-call.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { type BedrockStandIn, startBedrock } from '../../servers/bedrock/bedrock.ts';
import type { ScriptStep } from '../../servers/bedrock/converse-script.ts';
import { useCredentials, valid } from './credentials.ts';

const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const nova = 'amazon.nova-lite-v1:0';
const said = 'Cats sleep sixteen hours a day. [1] They hunt at night. [1]';
const chunkSize = 7;
const prompt: AnswerPrompt = {
  question: 'How many hours a day do cats sleep?',
  passages: [{ text: said, title: 'Cats', uri: 'https://a.example/cats' }],
  instructions: 'Answer from the passages.',
  numbered: {
    instructions: 'Answer from the numbered passages.',
    passages: `<passage-c0de number="1">\n${said}\n</passage-c0de>`,
  },
};

/** Somebody who speaks Converse, made to say `said` in pieces of `chunkSize` or to fail. */
interface Speaker {
  readonly url: string;
  says(options: { readonly stopReason?: string; readonly pauseMs?: number }): void;
  fails(status: 429 | 503): void;
  /** Cuts the stream before `messageStop`. */
  breaksOff(): void;
  /** Requests that came. */
  calls(): number;
}

// Two servers that nobody wrote together must be understood alike: what the model's code has wrong about the wire, and
// the stand-in with it, would show in one of them.
describe.each(['the stand-in', 'aimock'] as const)('createBedrockLanguageModel against %s', (name) => {
  let speaker: Speaker;
  let stop: () => Promise<void>;
  const closes: (() => void)[] = [];
  beforeAll(async () => {
    [speaker, stop] = name === 'aimock' ? await startAimock() : await startStandIn();
  });
  afterAll(() => stop());
  beforeEach(() => useCredentials(valid));
  afterEach(() => {
    for (const close of closes.splice(0)) close();
    vi.unstubAllEnvs();
  });

  const open = (id: string, streams: boolean): LanguageModel => {
    const connection = createBedrockConnection({
      region: 'us-east-1',
      endpoint: speaker.url,
      protocol: 'http/1.1',
      connectTimeoutMs: 1_000,
    });
    closes.push(() => connection.close());
    return createBedrockLanguageModel({
      connection,
      id: `bedrock/${id}`,
      callId: id === sonnet ? `us.${id}` : id,
      traits: { ...traitsOf(id), streams },
      promptCaching: true,
      maxAnswerTokens: 500,
      timeoutMs: 5_000,
      maxCallsAtOnce: 8,
      telemetry: silentTelemetry,
    });
  };
  const collect = async (model: LanguageModel, call: ModelCall = {}) => {
    const events: LanguageModelEvent[] = [];
    for await (const event of model.answer(prompt, call)) events.push(event);
    return events;
  };

  it.each([
    [nova, true],
    [nova, false],
    [sonnet, true],
    [sonnet, false],
  ])('reads what %s says (streamed: %s), and the tokens used', async (id, streams) => {
    speaker.says({});
    const used: ModelUsage[] = [];
    const events = await collect(open(id, streams), { onUsage: (usage) => used.push(usage) });
    const pieces = streams ? (said.match(/[\s\S]{1,7}/g) ?? []) : [said];
    expect(events).toEqual([
      ...pieces.map((text) => ({ type: 'text', text })),
      { type: 'end', reason: 'complete' },
    ]);
    expect(used).toEqual([
      { model: `bedrock/${id}`, kind: 'input', amount: 21 },
      { model: `bedrock/${id}`, kind: 'output', amount: 12 },
    ]);
  });

  it.each([
    ['max_tokens', 'truncated'],
    ['guardrail_intervened', 'guardrail_intervened'],
    ['model_context_window_exceeded', 'context_window_exceeded'],
  ])('ends a reply that stopped for %s as %s', async (stopReason, reason) => {
    speaker.says({ stopReason });
    for (const streams of [true, false])
      expect((await collect(open(nova, streams))).at(-1)).toEqual({ type: 'end', reason });
  });

  it('gives the text of a paced stream as it comes', async () => {
    speaker.says({ pauseMs: 40 });
    const arrivals: number[] = [];
    for await (const event of open(nova, true).answer(prompt))
      if (event.type === 'text') arrivals.push(performance.now());
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(200);
  });

  it('fails a stream that ends without messageStop', async () => {
    speaker.breaksOff();
    await expect(collect(open(nova, true))).rejects.toMatchObject({ code: 'model_unavailable' });
  });

  it.each([
    [429, /throttles/],
    [503, /answered 503/],
  ] as const)('makes three calls for a request that %s answers, and says why', async (status, message) => {
    speaker.fails(status);
    for (const streams of [true, false]) {
      const before = speaker.calls();
      await expect(collect(open(nova, streams), { failureBudget: { left: 3 } })).rejects.toMatchObject({
        code: 'model_unavailable',
        message: expect.stringMatching(message),
      });
      expect(speaker.calls() - before).toBe(3);
    }
  });
});

async function startAimock(): Promise<[Speaker, () => Promise<void>]> {
  const aimock = await LLMock.create({ port: 0, host: '127.0.0.1' });
  const usage = { input_tokens: 21, output_tokens: 12 };
  const speaker: Speaker = {
    url: aimock.url,
    says: ({ stopReason = 'stop', pauseMs = 0 }) =>
      aimock
        .clearFixtures()
        .on({}, { content: said, finishReason: stopReason, usage }, { chunkSize, latency: pauseMs }),
    fails: (status) =>
      aimock.clearFixtures().on({}, { error: { message: 'on demand', type: 'overloaded' }, status }),
    breaksOff: () =>
      aimock.clearFixtures().on({}, { content: said }, { chunkSize, truncateAfterChunks: 3, latency: 20 }),
    calls: () => aimock.getRequests().length,
  };
  return [speaker, () => aimock.stop()];
}

async function startStandIn(): Promise<[Speaker, () => Promise<void>]> {
  const bedrock: BedrockStandIn = await startBedrock();
  const steps = (pauseMs: number): ScriptStep[] =>
    (said.match(/[\s\S]{1,7}/g) ?? []).flatMap((text) => [{ pauseMs }, { text }]);
  const speaker: Speaker = {
    url: bedrock.url,
    says: ({ stopReason = 'end_turn', pauseMs = 0 }) => {
      bedrock.behaviour.faults = () => undefined;
      const usage = { inputTokens: 21, outputTokens: 12 };
      bedrock.behaviour.converse = () => ({ steps: steps(pauseMs), stopReason, usage });
    },
    fails: (status) => {
      const type = status === 429 ? 'ThrottlingException' : 'ServiceUnavailableException';
      bedrock.behaviour.faults = () => ({ kind: 'error', type });
    },
    breaksOff: () => {
      bedrock.behaviour.faults = () => ({ kind: 'cut', afterFrames: 3 });
    },
    calls: () => bedrock.requests.length,
  };
  return [speaker, () => bedrock.close()];
}
