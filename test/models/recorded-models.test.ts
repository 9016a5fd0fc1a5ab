import { describe, expect, it } from 'vitest';
import { ModelUnavailable } from '../../domain/errors.ts';
import type { Invocation } from '../../domain/invocation.ts';
import type { ModelUsage } from '../../domain/usage.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { GuardrailVerdict } from '../../models/guardrail.ts';
import type { AnswerPrompt, LanguageModel, LanguageModelEvent } from '../../models/language-model.ts';
import type { ModelCall } from '../../models/model-call.ts';
import {
  recordEmbeddingModel,
  recordGuardrail,
  recordLanguageModel,
  recordRerankingModel,
} from '../../models/recorded-models.ts';
import { unasked } from './local/guardrail/guardrail-under-test.ts';

const usage: ModelUsage = { model: 'm', kind: 'rerank', amount: 1 };

function languageModel(events: readonly LanguageModelEvent[], failure?: Error): LanguageModel {
  return {
    id: 'm',
    async *answer(_, call) {
      call?.onUsage?.(usage);
      yield* events;
      if (failure !== undefined) throw failure;
    },
  };
}

function promptOf(question: string, ...texts: string[]): AnswerPrompt {
  const passages = texts.map((text) => ({ text }));
  return { question, passages, instructions: '', numbered: { instructions: '', passages: '' } };
}

async function answered(model: LanguageModel, leaveAfter = Number.POSITIVE_INFINITY): Promise<Invocation[]> {
  const written: Invocation[] = [];
  const recorded = recordLanguageModel(model, (invocation) => written.push(invocation));
  let seen = 0;
  const call = { tenantId: 't', feature: 'answer' as const, requestId: 'r' };
  for await (const _ of recorded.answer(promptOf('why?', 'because'), call)) {
    seen += 1;
    if (seen >= leaveAfter) break;
  }
  return written;
}

describe('recordEmbeddingModel', () => {
  const recordOf = async (call: ModelCall) => {
    const written: Invocation[] = [];
    const model: EmbeddingModel = {
      ...unasked,
      embedPassages: async () => ({ vectors: [], truncated: 0, tokens: 1 }),
    };
    await recordEmbeddingModel(model, (line) => written.push(line)).embedPassages(['a secret'], call);
    return written;
  };

  it('writes down what was embedded', async () => {
    expect(await recordOf({})).toMatchObject([{ bodies: { request: { texts: ['a secret'] } } }]);
  });

  it('writes down that something confidential was embedded, and nothing of it', async () => {
    const [line] = await recordOf({ tenantId: 't', isConfidential: true });
    expect(line).toMatchObject({ tenantId: 't', kind: 'embedding', outcome: 'done' });
    expect(JSON.stringify(line)).not.toContain('secret');
  });
});

describe('recordRerankingModel', () => {
  it('writes down on whose behalf, what was used, what was sent and what came back', async () => {
    const written: Invocation[] = [];
    const told: ModelUsage[] = [];
    const model = recordRerankingModel(
      {
        id: 'm',
        maxTextsPerCall: 10,
        async rerank(_query, texts, call) {
          call?.onUsage?.(usage);
          return texts.map(() => 0.5);
        },
      },
      (invocation) => written.push(invocation),
    );
    const call = {
      tenantId: 't',
      feature: 'search' as const,
      requestId: 'r',
      onUsage: (used: ModelUsage) => told.push(used),
    };
    expect(await model.rerank('q', ['a'], call)).toEqual([0.5]);
    expect(told).toEqual([usage]);
    expect(written).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        tenantId: 't',
        feature: 'search',
        requestId: 'r',
        model: 'm',
        kind: 'reranking',
        milliseconds: expect.any(Number),
        outcome: 'done',
        usage: [usage],
        bodies: { request: { query: 'q', texts: ['a'] }, response: { scores: [0.5] } },
      },
    ]);
  });

  it('tells a failure from a caller that left, without the text of the error', async () => {
    const written: Invocation[] = [];
    const model = recordRerankingModel(
      { id: 'm', maxTextsPerCall: 10, rerank: () => Promise.reject(new ModelUnavailable('secret')) },
      (invocation) => written.push(invocation),
    );
    await expect(model.rerank('q', ['a'])).rejects.toThrow('secret');
    await expect(model.rerank('q', ['a'], { signal: AbortSignal.abort() })).rejects.toThrow('secret');
    expect(written.map(({ outcome, error }) => [outcome, error])).toEqual([
      ['failed', 'model_unavailable'],
      ['aborted', undefined],
    ]);
    expect(JSON.stringify(written)).not.toContain('secret');
  });
});

describe('recordGuardrail', () => {
  const units: ModelUsage = { model: 'g', kind: 'guardrail', amount: 3 };
  const recordOf = async (verdict: Partial<GuardrailVerdict>, failure?: Error) => {
    const written: Invocation[] = [];
    const guardrail = recordGuardrail(
      {
        id: 'g',
        windowCharacters: 1,
        judgesWhole: false,
        async check({ text }, call) {
          call?.onUsage?.(units);
          if (failure !== undefined) throw failure;
          return { matches: [], findings: [], settled: text.length, ...verdict };
        },
      },
      (invocation) => written.push(invocation),
    );
    const call = { tenantId: 't', feature: 'answer', isConfidential: true } as const;
    await guardrail.check({ side: 'input', text: 'ask ann@example.com now' }, call).catch(() => {});
    expect(written).toHaveLength(1);
    return written[0]!;
  };
  const match = { start: 4, end: 19, policy: 'sensitive_information', type: 'email' } as const;

  it('writes down the text as it let it through, what it found, and its text units', async () => {
    const masked = { ...match, action: 'masked', replacement: '{EMAIL}' } as const;
    const line = await recordOf({ matches: [masked] });
    expect(line).toMatchObject({
      tenantId: 't',
      model: 'g',
      kind: 'guardrail',
      outcome: 'done',
      usage: [units],
      bodies: {
        request: { side: 'input', text: 'ask {EMAIL} now' },
        response: {
          matches: [{ policy: 'sensitive_information', type: 'email', action: 'masked' }],
          findings: [],
        },
      },
    });
    expect(JSON.stringify(line)).not.toContain('ann@');
  });

  it('writes nothing down that is not settled yet: what follows may have it masked', async () => {
    const masked = { ...match, action: 'masked', replacement: '{EMAIL}' } as const;
    const textOf = async (verdict: Partial<GuardrailVerdict>) => (await recordOf(verdict)).bodies?.request;
    expect(await textOf({ settled: 3 })).toEqual({ side: 'input', text: 'ask' });
    expect(await textOf({ matches: [masked], settled: 21 })).toEqual({
      side: 'input',
      text: 'ask {EMAIL} n',
    });
    // A match that may go on, and one that begins behind.
    expect(await textOf({ matches: [masked], settled: 10 })).toEqual({ side: 'input', text: 'ask ' });
    expect(await textOf({ matches: [masked], settled: 2 })).toEqual({ side: 'input', text: 'as' });
  });

  it('writes nothing down of a text that is blocked, or that nobody judged', async () => {
    const finding = { policy: 'topic', type: 'stocks', action: 'blocked' } as const;
    const blocked = await recordOf({ findings: [finding] });
    expect(blocked).toMatchObject({
      outcome: 'guardrail_intervened',
      bodies: { response: { findings: [finding] } },
    });
    const byMatch = await recordOf({ matches: [{ ...match, action: 'blocked', replacement: '' }] });
    const failed = await recordOf({}, new ModelUnavailable('away'));
    expect(failed).toMatchObject({ outcome: 'failed', usage: [units] });
    expect(JSON.stringify([blocked, byMatch, failed])).not.toMatch(/ask|now|ann/);
  });
});

describe('recordLanguageModel', () => {
  const text = (part: string): LanguageModelEvent => ({ type: 'text', text: part });

  it.each([
    ['complete', 'done'],
    ['abstained', 'abstained'],
    ['truncated', 'truncated'],
    ['guardrail_intervened', 'guardrail_intervened'],
  ] as const)('writes %s down as %s, with the whole text', async (reason, outcome) => {
    const written = await answered(languageModel([text('be'), text('cause'), { type: 'end', reason }]));
    expect(written).toMatchObject([
      {
        tenantId: 't',
        kind: 'language',
        outcome,
        usage: [usage],
        bodies: {
          request: { question: 'why?', passages: [{ text: 'because' }] },
          response: { text: 'because' },
        },
      },
    ]);
  });

  it('writes a reader that left down once, and a stream that broke or ended early', async () => {
    const model = languageModel([text('a'), text('b'), { type: 'end', reason: 'complete' }]);
    expect(await answered(model, 1)).toMatchObject([
      { outcome: 'aborted', bodies: { response: { text: 'a' } } },
    ]);
    expect(await answered(languageModel([text('a')]))).toMatchObject([{ outcome: 'aborted' }]);
    const written: Invocation[] = [];
    const broken = recordLanguageModel(languageModel([text('a')], new ModelUnavailable('x')), (invocation) =>
      written.push(invocation),
    );
    const read = async () => {
      for await (const event of broken.answer(promptOf('q'))) expect(event.type).toBe('text');
    };
    await expect(read()).rejects.toThrow('x');
    expect(written).toMatchObject([{ outcome: 'failed', error: 'model_unavailable' }]);
    expect(written).toHaveLength(1);
  });
});
