import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelUsage } from '../../../domain/usage.ts';
import { type BedrockConnection, createBedrockConnection } from '../../../models/bedrock/connection.ts';
import type { InlineGuardrail } from '../../../models/bedrock/converse-input.ts';
import { createBedrockLanguageModel } from '../../../models/bedrock/language.ts';
import { traitsOf } from '../../../models/bedrock/model-table.ts';
import type { AnswerPrompt, LanguageModel, LanguageModelEvent } from '../../../models/language-model.ts';
import type { ModelCall } from '../../../models/model-call.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import { type BedrockStandIn, startBedrock } from '../../servers/bedrock/bedrock.ts';
import { citationOf, extractiveScript, saying } from '../../servers/bedrock/converse-script.ts';
import type { Fault } from '../../servers/bedrock/faults.ts';
import { useCredentials, valid } from './credentials.ts';

const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const nova = 'amazon.nova-lite-v1:0';
const cats = 'Cats sleep sixteen hours a day. They hunt at night.';
const dogs = 'Dogs bark at strangers.  They sleep less than cats.';

const prompt: AnswerPrompt = {
  question: 'How many hours a day do cats sleep?',
  passages: [
    { text: dogs, title: 'Dogs', uri: 'https://a.example/dogs', context: 'Animals' },
    { text: cats },
  ],
  instructions: 'Answer from the passages.',
  numbered: {
    instructions: 'Answer from the numbered passages.',
    passages: `<passage-c0de number="1">\n${dogs}\n</passage-c0de>\n\n<passage-c0de number="2">\n${cats}\n</passage-c0de>`,
  },
};

describe.each(['http/1.1', 'http/2'] as const)('createBedrockLanguageModel over %s', (protocol) => {
  let bedrock: BedrockStandIn;
  const closes: (() => void)[] = [];
  beforeAll(async () => {
    bedrock = await startBedrock();
  });
  afterAll(() => bedrock.close());
  beforeEach(() => {
    useCredentials(valid);
    bedrock.requests.length = 0;
    bedrock.behaviour.faults = () => undefined;
    bedrock.behaviour.converse = extractiveScript;
  });
  afterEach(() => {
    for (const close of closes.splice(0)) close();
    vi.unstubAllEnvs();
  });

  const connect = () => {
    const connection = createBedrockConnection({
      region: bedrock.region,
      endpoint: bedrock.url,
      protocol,
      connectTimeoutMs: 1_000,
    });
    closes.push(() => connection.close());
    return connection;
  };
  const open = (
    id: string,
    options: {
      guardrail?: InlineGuardrail;
      timeoutMs?: number;
      streams?: boolean;
      connection?: BedrockConnection;
      maxCallsAtOnce?: number;
    } = {},
  ): LanguageModel => {
    const {
      connection = connect(),
      maxCallsAtOnce = 8,
      guardrail,
      timeoutMs = 5_000,
      streams = true,
    } = options;
    return createBedrockLanguageModel({
      connection,
      id: `bedrock/us.${id}`,
      callId: id === sonnet ? `us.${id}` : id,
      traits: { ...traitsOf(id), streams },
      promptCaching: true,
      maxAnswerTokens: 500,
      timeoutMs,
      maxCallsAtOnce,
      telemetry: silentTelemetry,
      ...(guardrail && { guardrail }),
    });
  };
  const collect = async (model: LanguageModel, call?: ModelCall, given = prompt) => {
    const events: LanguageModelEvent[] = [];
    for await (const event of model.answer(given, call)) events.push(event);
    return events;
  };
  const textOf = (events: readonly LanguageModelEvent[]) =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('');
  const body = () => bedrock.requests[0]!.body as Record<string, never>;

  it('lets no call wait for the connection of a stream that another model goes on with', async () => {
    const connection = connect();
    bedrock.behaviour.faults = ({ subject }) =>
      subject === nova ? { kind: 'stall', afterFrames: 2 } : undefined;
    const writing = open(nova, { connection, maxCallsAtOnce: 1 }).answer(prompt)[Symbol.asyncIterator]();
    await writing.next();
    const other = open(sonnet, { connection, maxCallsAtOnce: 1, timeoutMs: 1_500 });
    expect((await collect(other)).at(-1)).toEqual({ type: 'end', reason: 'complete' });
    await writing.return?.();
  });

  it.each([true, false])(
    'gives passages as search results and maps citations back to their words (streamed: %s)',
    async (streams) => {
      const used: ModelUsage[] = [];
      const events = await collect(open(sonnet, { streams }), {
        tenantId: 't',
        feature: 'answer',
        requestId: 'r',
        onUsage: (usage) => used.push(usage),
      });
      const text = textOf(events);
      const citations = events.filter((event) => event.type === 'citation');
      expect(citations[0]).toMatchObject({ start: 0, passage: 1, quote: 'Cats sleep sixteen hours a day.' });
      expect(citations[1]).toMatchObject({ passage: 0, quote: 'They sleep less than cats.' });
      for (const { start, end, quote } of citations) expect(text.slice(start, end)).toBe(quote);
      expect(events.at(-1)).toEqual({ type: 'end', reason: 'complete' });
      expect(body()).toMatchObject({
        system: [{ text: prompt.instructions }, { cachePoint: { type: 'default' } }],
        requestMetadata: { tenant: 't', feature: 'answer', requestId: 'r' },
        messages: [
          {
            role: 'user',
            content: [
              {
                searchResult: {
                  source: 'https://a.example/dogs',
                  title: 'Dogs',
                  content: [
                    { text: 'Animals' },
                    { text: 'Dogs bark at strangers.' },
                    { text: 'They sleep less than cats.' },
                  ],
                  citations: { enabled: true },
                },
              },
              { searchResult: { title: 'Passage 2' } },
              { text: prompt.question },
            ],
          },
        ],
      });
      expect(used.map(({ kind }) => kind)).toEqual(['input', 'output']);
      expect(used.every(({ isEstimated }) => isEstimated === undefined)).toBe(true);
    },
  );

  it('gives numbered passages to a model that takes no search results, and leaves its markers to the caller', async () => {
    const model = open(nova);
    const events = await collect(model);
    expect(model.citesBy).toBe('numbers');
    expect(textOf(events)).toMatch(/^Cats sleep sixteen hours a day\. \[2\]/);
    expect(body()).toMatchObject({
      system: [{ text: prompt.numbered.instructions }, { cachePoint: { type: 'default' } }],
      messages: [{ content: [{ text: `${prompt.numbered.passages}\n\n${prompt.question}` }] }],
    });
  });

  it('passes on a citation that resolves to nothing, for the caller to drop and count', async () => {
    const strange = {
      source: 's',
      title: 't',
      sourceContent: [{ text: 'not there' }],
      location: { searchResultLocation: { searchResultIndex: 7, start: 0, end: 1 } },
    };
    bedrock.behaviour.converse = (request) => ({
      steps: [
        { text: 'One. ' },
        { citation: strange },
        { close: true },
        { text: ' Two.' },
        { citation: citationOf(request.searchResults[1]!, 1, 1) },
      ],
    });
    const citations = (await collect(open(sonnet))).filter((event) => event.type === 'citation');
    expect(citations).toEqual([
      { type: 'citation', start: 0, end: 4, passage: -1, quote: '' },
      { type: 'citation', start: 6, end: 10, passage: 1, quote: 'They hunt at night.' },
    ]);
  });

  it('gives text as it comes', async () => {
    bedrock.behaviour.converse = saying([{ text: 'one' }, { pauseMs: 300 }, { text: 'two' }]);
    const arrivals: number[] = [];
    for await (const event of open(nova).answer(prompt))
      if (event.type === 'text') arrivals.push(performance.now());
    expect(arrivals[1]! - arrivals[0]!).toBeGreaterThan(200);
  });

  it.each([
    ['end_turn', 'complete'],
    ['stop_sequence', 'complete'],
    ['max_tokens', 'truncated'],
    ['content_filtered', 'content_filtered'],
    ['guardrail_intervened', 'guardrail_intervened'],
    ['model_context_window_exceeded', 'context_window_exceeded'],
    ['malformed_model_output', 'malformed_reply'],
    ['malformed_tool_use', 'malformed_reply'],
    ['tool_use', 'malformed_reply'],
    ['something_new', 'malformed_reply'],
  ])('ends a reply that stopped for %s as %s', async (stopReason, reason) => {
    bedrock.behaviour.converse = saying([{ text: 'So' }], stopReason);
    for (const streams of [true, false]) {
      expect((await collect(open(nova, { streams }))).at(-1)).toEqual({ type: 'end', reason });
    }
  });

  it('ends an empty reply without a word, and one with a tool nobody offered as malformed', async () => {
    bedrock.behaviour.converse = saying([]);
    expect(await collect(open(nova))).toEqual([{ type: 'end', reason: 'complete' }]);
    bedrock.behaviour.converse = saying(
      [{ toolUse: { name: 'x', input: ['{"a"', ':'] } }],
      'malformed_tool_use',
    );
    expect(await collect(open(nova))).toEqual([{ type: 'end', reason: 'malformed_reply' }]);
  });

  it('says so where the prompt is more than the model reads', async () => {
    const long = { ...prompt, numbered: { ...prompt.numbered, passages: 'word '.repeat(300_000) } };
    expect(await collect(open(nova), undefined, long)).toEqual([
      { type: 'end', reason: 'context_window_exceeded' },
    ]);
  });

  it.each<[string, Fault, RegExp]>([
    [
      'is cut before messageStop',
      { kind: 'cut', afterFrames: 3 },
      /stopped before its end|connection failed/,
    ],
    ['ends without messageStop', { kind: 'end', afterFrames: 3 }, /stopped before its end/],
    ['goes silent', { kind: 'stall', afterFrames: 2 }, /no answer in time/],
    [
      'throws modelStreamErrorException',
      { kind: 'exception', afterFrames: 2, type: 'modelStreamErrorException' },
      /the model failed/,
    ],
    [
      'throws throttlingException',
      { kind: 'exception', afterFrames: 2, type: 'throttlingException' },
      /throttles/,
    ],
    [
      'throws internalServerException',
      { kind: 'exception', afterFrames: 1, type: 'internalServerException' },
      /InternalServerException|connection failed/,
    ],
  ])('fails a stream that %s, and tells what was used all the same', async (_, fault, message) => {
    bedrock.behaviour.faults = () => fault;
    const used: ModelUsage[] = [];
    await expect(
      collect(open(nova, { timeoutMs: 400 }), { onUsage: (usage) => used.push(usage) }),
    ).rejects.toMatchObject({ code: 'model_unavailable', message: expect.stringMatching(message) });
    if (used.length > 0) expect(used[0]).toMatchObject({ kind: 'input', isEstimated: true });
  });

  it('fails a stream that refuses the input inside it as one that would be refused again', async () => {
    bedrock.behaviour.faults = () => ({ kind: 'exception', afterFrames: 1, type: 'validationException' });
    const used: ModelUsage[] = [];
    await expect(collect(open(nova), { onUsage: (usage) => used.push(usage) })).rejects.toMatchObject({
      code: 'model_refused',
      reason: 'input',
    });
    expect(used).toEqual([]);
  });

  it.each([true, false])(
    'tells what a stream used that has not come to a word (its reader left: %s)',
    async (leaves) => {
      bedrock.behaviour.faults = () => ({ kind: 'stall', afterFrames: 1 });
      const used: ModelUsage[] = [];
      const reader = new AbortController();
      const failed = collect(open(nova, { timeoutMs: 600 }), {
        signal: reader.signal,
        onUsage: (usage) => used.push(usage),
      });
      if (leaves) setTimeout(() => reader.abort(new Error('gone')), 300);
      await expect(failed).rejects.toThrow(leaves ? 'gone' : /no answer in time/);
      expect(used).toMatchObject([{ kind: 'input', isEstimated: true }]);
    },
  );

  it('ends the call of a stream when the caller leaves, or just stops reading', async () => {
    bedrock.behaviour.converse = saying([
      { text: 'one' },
      { pauseMs: 60 },
      ...Array.from({ length: 50 }, () => [{ text: 'more' }, { pauseMs: 60 }]).flat(),
    ]);
    const caller = new AbortController();
    const model = open(nova);
    await expect(async () => {
      for await (const event of model.answer(prompt, { signal: caller.signal })) {
        if (event.type === 'text') caller.abort(new Error('gone'));
      }
    }).rejects.toThrow('gone');
    for await (const event of model.answer(prompt)) if (event.type === 'text') break;
    await vi.waitFor(() =>
      expect(bedrock.requests.map(({ wasAbandoned }) => wasAbandoned)).toEqual([true, true]),
    );
  });

  it('makes at most three calls for a request, and none again that cannot succeed', async () => {
    bedrock.behaviour.faults = () => ({ kind: 'error', type: 'ServiceUnavailableException' });
    await expect(collect(open(nova), { failureBudget: { left: 3 } })).rejects.toMatchObject({
      code: 'model_unavailable',
    });
    expect(bedrock.requests).toHaveLength(3);
    bedrock.requests.length = 0;
    bedrock.behaviour.faults = () => undefined;
    await expect(
      collect(open('anthropic.claude-sonnet-9-v1:0'), { failureBudget: { left: 3 } }),
    ).rejects.toMatchObject({
      code: 'model_refused',
      reason: 'unknown_model',
    });
    expect(bedrock.requests).toHaveLength(1);
  });

  it('applies a guardrail within the call and hands on what it found', async () => {
    bedrock.behaviour.converse = () => ({
      steps: [{ text: 'Sorry, no.' }],
      stopReason: 'guardrail_intervened',
      trace: {
        inputAssessment: {
          g1: {
            topicPolicy: { topics: [{ name: 'Investing', type: 'DENY', action: 'BLOCKED', detected: true }] },
            sensitiveInformationPolicy: {
              piiEntities: [{ match: 'a@b.example', type: 'EMAIL', action: 'ANONYMIZED', detected: true }],
              regexes: [],
            },
          },
        },
        outputAssessments: {
          g1: [
            {
              contextualGroundingPolicy: {
                filters: [
                  { type: 'GROUNDING', threshold: 0.7, score: 0.2, action: 'BLOCKED', detected: true },
                ],
              },
            },
          ],
        },
      },
    });
    const guardrail = { id: 'g1', version: '2', trace: 'enabled', streamMode: 'async' } as const;
    for (const streams of [true, false]) {
      const events = await collect(open(nova, { guardrail, streams }));
      expect(events.slice(1)).toEqual([
        {
          type: 'guardrail',
          side: 'input',
          findings: [
            { policy: 'topic', type: 'Investing', action: 'blocked' },
            { policy: 'sensitive_information', type: 'email', action: 'reported' },
          ],
        },
        {
          type: 'guardrail',
          side: 'output',
          findings: [
            { policy: 'grounding', type: 'ungrounded', action: 'blocked', score: 0.2, threshold: 0.7 },
          ],
        },
        { type: 'end', reason: 'guardrail_intervened' },
      ]);
      expect(JSON.stringify(events)).not.toContain('a@b.example');
    }
    expect(
      bedrock.requests.map(({ body: sent }) => (sent as { guardrailConfig: object }).guardrailConfig),
    ).toEqual([
      { guardrailIdentifier: 'g1', guardrailVersion: '2', trace: 'enabled', streamProcessingMode: 'async' },
      { guardrailIdentifier: 'g1', guardrailVersion: '2', trace: 'enabled' },
    ]);
  });

  it('reports what the provider kept of the prompt', async () => {
    const long = {
      ...prompt,
      instructions: `Answer from the passages. ${protocol} ${'Be exact. '.repeat(600)}`,
    };
    const kinds: string[][] = [];
    for (let time = 0; time < 2; time += 1) {
      const used: ModelUsage[] = [];
      await collect(open(sonnet), { onUsage: (usage) => used.push(usage) }, long);
      kinds.push(used.map(({ kind }) => kind));
    }
    expect(kinds).toEqual([
      ['input', 'output', 'cache_write'],
      ['input', 'output', 'cache_read'],
    ]);
  });

  it('completes a short text, and throws for one that is no whole', async () => {
    const used: ModelUsage[] = [];
    const model = open(nova);
    bedrock.behaviour.converse = saying([{ text: 'How long do cats sleep?' }]);
    const asked = { instructions: 'Rewrite.', text: 'and cats?', maxTokens: 50 };
    expect(await model.complete!(asked, { onUsage: (usage) => used.push(usage) })).toBe(
      'How long do cats sleep?',
    );
    expect(body()).toMatchObject({ inferenceConfig: { maxTokens: 50, temperature: 0 } });
    expect(used.map(({ kind }) => kind)).toEqual(['input', 'output']);
    bedrock.behaviour.converse = saying([]);
    await expect(model.complete!(asked)).rejects.toThrow(/empty reply/);
    bedrock.behaviour.converse = saying([{ text: 'How' }], 'max_tokens');
    await expect(model.complete!(asked)).rejects.toThrow(/ended as truncated/);
  });
});
