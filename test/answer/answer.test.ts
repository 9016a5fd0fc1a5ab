import { describe, expect, it } from 'vitest';
import { abstention, createAnswer } from '../../answer/answer.ts';
import { verifyCitation } from '../../answer/cite.ts';
import type { AnswerEvent, AnswerResponse } from '../../domain/answer.ts';
import { ModelUnavailable } from '../../domain/errors.ts';
import type { Hit, SearchResponse } from '../../domain/search.ts';
import type { LanguageModel, LanguageModelEvent } from '../../models/language-model.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

function hit(documentId: string, text: string): Hit {
  return {
    rank: 1,
    score: 1,
    documentId,
    version: '1',
    contentHash: '',
    source: 'test',
    title: `Title of ${documentId}`,
    mediaType: 'text/plain',
    metadata: {},
    chunk: {
      chunkId: `${documentId}-0`,
      ordinal: 0,
      text,
      headingPath: [],
      start: 0,
      end: text.length,
      tokens: 5,
    },
    breakdown: { fused: { score: 1, rank: 1 } },
  };
}

function found(results: Hit[]): SearchResponse {
  const request = resolveSearchRequest({ query: 'q' }, []);
  return { request, results, facets: [], timings: { total: 1 }, degraded: [] };
}

/** A model that says what the test tells it to. */
function scripted(events: LanguageModelEvent[]): LanguageModel {
  return {
    id: 'scripted',
    async *answer() {
      yield* events;
    },
  };
}

async function collect(
  model: LanguageModel,
  results: Hit[],
): Promise<{ events: AnswerEvent[]; response: AnswerResponse }> {
  const events: AnswerEvent[] = [];
  for await (const event of createAnswer(silentTelemetry)('why?', found(results), model)) events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'done') throw new Error('Expected the last event to be done');
  return { events, response: last.response };
}

const passages = [hit('a', 'Wings lift. Tails steer.'), hit('b', 'Engines push.')];

describe('verifyCitation', () => {
  const text = 'Wings lift.';
  const good = { start: 0, end: 11, passage: 0, quote: 'Wings lift.' };

  it('takes over the place and the document of a quote that stands in its passage', () => {
    expect(verifyCitation(good, text, passages)).toEqual({
      start: 0,
      end: 11,
      chunkId: 'a-0',
      documentId: 'a',
      title: 'Title of a',
      quote: 'Wings lift.',
    });
  });

  it.each([
    ['words that are not in the passage', { ...good, quote: 'Wings fly.' }],
    ['words of another passage', { ...good, passage: 1 }],
    ['a passage that was not given', { ...good, passage: 2 }],
    ['a range past the answer', { ...good, end: 12 }],
    ['an empty range', { ...good, end: 0 }],
    ['a range that is no number', { ...good, start: Number.NaN }],
    ['an empty quote', { ...good, quote: ' ' }],
  ])('drops %s', (_, claimed) => {
    expect(verifyCitation(claimed, text, passages)).toBeUndefined();
  });
});

describe('createAnswer', () => {
  it('passes on text and citations that hold, and ends with the whole answer', async () => {
    const { events, response } = await collect(
      scripted([
        { type: 'text', text: 'Wings lift.' },
        { type: 'citation', start: 0, end: 11, passage: 0, quote: 'Wings lift.' },
        { type: 'end', reason: 'complete', usage: { inputTokens: 7, outputTokens: 3 } },
      ]),
      passages,
    );
    expect(events.map(({ type }) => type)).toEqual(['passages', 'text', 'citation', 'usage', 'done']);
    expect(response).toMatchObject({
      answer: { text: 'Wings lift.' },
      abstained: false,
      ungrounded: false,
      droppedCitations: 0,
    });
    expect(response.answer.text.slice(response.citations[0]!.start, response.citations[0]!.end)).toBe(
      'Wings lift.',
    );
  });

  it('drops and counts a citation that does not hold, and says that the answer is ungrounded', async () => {
    const { events, response } = await collect(
      scripted([
        { type: 'text', text: 'Wings sing.' },
        { type: 'citation', start: 0, end: 11, passage: 0, quote: 'Wings sing.' },
        { type: 'end', reason: 'complete' },
      ]),
      passages,
    );
    expect(events.some(({ type }) => type === 'citation')).toBe(false);
    expect(response).toMatchObject({ citations: [], ungrounded: true, droppedCitations: 1 });
  });

  it('abstains without calling the model where nothing was found', async () => {
    const model: LanguageModel = {
      id: 'never',
      answer() {
        throw new Error('Expected the model not to be called');
      },
    };
    const { response } = await collect(model, []);
    expect(response).toMatchObject({
      answer: { text: abstention },
      abstained: true,
      ungrounded: false,
      citations: [],
    });
  });

  it('says when the model was cut off, and cites nothing where it abstains', async () => {
    const text: LanguageModelEvent = { type: 'text', text: 'Wings lift.' };
    const cut = await collect(scripted([text, { type: 'end', reason: 'truncated' }]), passages);
    expect(cut.response).toMatchObject({ endReason: 'truncated', ungrounded: true });
    const cited: LanguageModelEvent = {
      type: 'citation',
      start: 0,
      end: 11,
      passage: 0,
      quote: 'Wings lift.',
    };
    const abstains = await collect(scripted([text, cited, { type: 'end', reason: 'abstained' }]), passages);
    expect(abstains.response).toMatchObject({
      abstained: true,
      citations: [],
      droppedCitations: 1,
      ungrounded: false,
    });
  });

  it('fails when the stream stops without its end', async () => {
    await expect(collect(scripted([{ type: 'text', text: 'Wings' }]), passages)).rejects.toThrow(
      ModelUnavailable,
    );
  });

  it('fails as the model when the model throws', async () => {
    const model: LanguageModel = {
      id: 'broken',
      // biome-ignore lint/correctness/useYield: a model that fails before its first word
      async *answer() {
        throw new Error('secret detail');
      },
    };
    const failure = await collect(model, passages).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ModelUnavailable);
    expect((failure as Error).message).not.toContain('secret');
  });
});
