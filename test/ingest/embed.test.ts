import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelRefused, ModelUnavailable } from '../../domain/errors.ts';
import { createEmbed } from '../../ingest/embed.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';

/** Embeds a text as its length, and notes each call. */
function recordingModel(calls: string[][], fails: (call: number) => boolean = () => false): EmbeddingModel {
  return {
    id: 'length',
    dimensions: 1,
    maxInputTokens: 10,
    maxTextsPerCall: 96,
    maxTextsAtOnce: 256,
    tokenizer: { count: (text) => text.length, specialTokens: 0 },
    async embedPassages(texts) {
      calls.push([...texts]);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (fails(calls.length)) throw new Error(`call ${calls.length} failed`);
      return { vectors: texts.map((text) => Float32Array.of(text.length)), truncated: 0, tokens: 0 };
    },
    embedQuery: () => Promise.reject(new Error('Expected no query')),
  };
}

const textsOf = (...texts: string[]) => new Map(texts.map((text) => [`print of ${text}`, text]));

describe('createEmbed', () => {
  it('joins the texts of documents that are in work together into one call', async () => {
    const calls: string[][] = [];
    const embed = createEmbed(recordingModel(calls));
    await Promise.all([
      embed('t', textsOf('a', 'bb')),
      embed('t', textsOf('ccc')),
      embed('t', textsOf('dddd')),
    ]);
    expect(calls).toEqual([['a', 'bb', 'ccc', 'dddd']]);
  });

  it('embeds a text once that two documents of a tenant want at the same time, and never shares across tenants', async () => {
    const calls: string[][] = [];
    const embed = createEmbed(recordingModel(calls));
    const [first, second, foreign] = await Promise.all([
      embed('t', textsOf('same')),
      embed('t', textsOf('same')),
      embed('u', textsOf('same')),
    ]);
    expect(calls.flat()).toEqual(['same', 'same']);
    expect([first.embedded, second.embedded, foreign.embedded]).toEqual([1, 0, 1]);
    expect(second.vectors.get('print of same')).toEqual(Float32Array.of(4));
  });

  it('fails only the documents of the call that failed, and embeds again when asked again', async () => {
    const calls: string[][] = [];
    const embed = createEmbed(recordingModel(calls, (call) => call === 1));
    await expect(embed('t', textsOf('a'))).rejects.toThrow('call 1 failed');
    const again = await embed('t', textsOf('a'));
    expect(again.vectors.get('print of a')).toEqual(Float32Array.of(1));
  });

  it('fails no document for the text of another', async () => {
    const model = recordingModel([]);
    const picky: EmbeddingModel = {
      ...model,
      embedPassages: async (texts) => {
        if (texts.includes('poison')) throw new Error('refused');
        return model.embedPassages(texts);
      },
    };
    const embed = createEmbed(picky);
    const results = await Promise.allSettled([embed('t', textsOf('fine')), embed('u', textsOf('poison'))]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('embeds for itself what it waited for in a document that failed or was given up', async () => {
    const model = recordingModel([]);
    const picky: EmbeddingModel = {
      ...model,
      embedPassages: async (texts) => {
        if (texts.includes('poison')) throw new Error('refused');
        return model.embedPassages(texts);
      },
    };
    const embed = createEmbed(picky);
    const givenUp = new AbortController();
    const results = [
      embed('t', textsOf('shared', 'poison')),
      embed('t', textsOf('shared', 'own')),
      embed('u', textsOf('shared'), givenUp.signal),
      embed('u', textsOf('shared', 'more')),
    ];
    givenUp.abort();
    const settled = await Promise.allSettled(results);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    const { vectors, embedded } = await results[1]!;
    expect([...vectors.keys()].sort()).toEqual(['print of own', 'print of shared']);
    expect(embedded).toBe(2);
  });

  it('lets tenants take turns, so that one of many texts holds up no other', async () => {
    const calls: string[][] = [];
    const embed = createEmbed(recordingModel(calls));
    const many = Array.from({ length: 2_000 }, (_, at) => `long ${at}`);
    const long = embed('long', textsOf(...many));
    await new Promise((resolve) => setTimeout(resolve, 1));
    await embed('short', textsOf('one'));
    expect(calls.length).toBeLessThanOrEqual(4);
    expect((await long).embedded).toBe(2_000);
  });

  it('does not give the model what was aborted while it waited', async () => {
    const calls: string[][] = [];
    const embed = createEmbed(recordingModel(calls));
    const caller = new AbortController();
    const first = embed('t', textsOf('first'));
    await new Promise((resolve) => setImmediate(resolve));
    const second = embed('t', textsOf('second'), caller.signal);
    caller.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    await first;
    expect(calls.flat()).toEqual(['first']);
  });

  it('keeps a model busy with several calls of one tenant once they are full, and never with more than it wants', async () => {
    let atOnce = 0;
    let most = 0;
    const embed = createEmbed({
      ...recordingModel([]),
      maxTextsPerCall: 1,
      maxTextsAtOnce: 500,
      async embedPassages(texts) {
        atOnce += texts.length;
        most = Math.max(most, atOnce);
        await new Promise((resolve) => setTimeout(resolve, 2));
        atOnce -= texts.length;
        return { vectors: texts.map((text) => Float32Array.of(text.length)), truncated: 0, tokens: 0 };
      },
    });
    await embed('t', textsOf(...Array.from({ length: 2_000 }, (_, at) => `text ${at}`)));
    expect(most).toBeGreaterThan(240);
    expect(most).toBeLessThanOrEqual(500);
  });

  it.each([
    ['is away', new ModelUnavailable('away'), 1],
    ['refuses whoever asks', new ModelRefused('access', 'no'), 1],
    ['refuses a text', new ModelRefused('input', 'no'), 4],
  ])('calls a model that %s no more often than can help', async (_, error, calls) => {
    let called = 0;
    const embed = createEmbed({
      ...recordingModel([]),
      embedPassages() {
        called += 1;
        return Promise.reject(error);
      },
    });
    const all = await Promise.allSettled(['a', 'b', 'c'].map((text) => embed('t', textsOf(text))));
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(called).toBe(calls);
  });

  it('counts what it used for the tenant whose text it was', async () => {
    const counted: unknown[] = [];
    const model = recordingModel([]);
    const embed = createEmbed(
      {
        ...model,
        embedPassages(texts, call) {
          call?.onUsage?.({ model: 'length', kind: 'embedding', amount: texts.length });
          return model.embedPassages(texts);
        },
      },
      { ...silentTelemetry, count: (_, amount, labels) => counted.push([amount, labels?.tenant]) },
    );
    await Promise.all([embed('t', textsOf('a', 'b')), embed('u', textsOf('c'))]);
    expect(counted).toEqual([
      [2, 't'],
      [1, 'u'],
    ]);
  });

  it('gives each document its own vectors whatever comes together', async () => {
    const documents = fc.array(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 5 }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(documents, async (given) => {
        const embed = createEmbed(recordingModel([]));
        const results = await Promise.all(given.map((texts) => embed('t', textsOf(...texts))));
        results.forEach(({ vectors }, at) => {
          for (const text of given[at]!)
            expect(vectors.get(`print of ${text}`)).toEqual(Float32Array.of(text.length));
        });
      }),
      { numRuns: 50 },
    );
  });
});
