import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddingModel } from '../../models/embedding-model.ts';

/** A model under test. */
export interface EmbeddingModelSubject {
  readonly model: EmbeddingModel;
  close(): Promise<void>;
}

const cat = 'A cat sat on the mat and slept in the sun';
const kitten = 'The kitten was sleeping on a warm rug';
const invoice = 'The invoice must be paid within thirty days';

/** What each embedding model must do, whoever makes it. */
export function describeEmbeddingModelContract(
  name: string,
  open: () => Promise<EmbeddingModelSubject>,
  options: {
    /** The tokenizer is not the model's own, and counts rather too many. */
    readonly isTokenizerEstimate?: boolean;
  } = {},
): void {
  describe(`${name}: EmbeddingModel`, () => {
    let subject: EmbeddingModelSubject;
    let model: EmbeddingModel;

    beforeAll(async () => {
      subject = await open();
      model = subject.model;
    });
    afterAll(() => subject.close());

    it('gives vectors of the promised dimensions and of length 1', async () => {
      const { vectors } = await model.embedPassages([cat, 'x', invoice.repeat(3)]);
      for (const vector of [...vectors, await model.embedQuery(cat)]) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(model.dimensions);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
      }
    });

    it('gives the vectors in the order of the texts, whatever their lengths', async () => {
      const texts = [invoice.repeat(8), 'cat', kitten.repeat(3), 'dog', invoice];
      const together = await model.embedPassages(texts);
      for (const [at, text] of texts.entries()) {
        const alone = await model.embedPassages([text]);
        expect(cosine(together.vectors[at]!, alone.vectors[0]!)).toBeGreaterThan(0.99);
      }
    });

    it('takes as many texts at once as a caller has', async () => {
      const texts = Array.from({ length: 150 }, (_, at) => `number ${at}`);
      const { vectors } = await model.embedPassages(texts);
      expect(vectors).toHaveLength(texts.length);
    });

    it('sets what is alike nearer than what is not', async () => {
      const { vectors } = await model.embedPassages([kitten, invoice]);
      const query = await model.embedQuery(cat);
      expect(cosine(query, vectors[0]!)).toBeGreaterThan(cosine(query, vectors[1]!) + 0.2);
    });

    it('gives the same text the same vector', async () => {
      expect(await model.embedQuery(cat)).toEqual(await model.embedQuery(cat));
    });

    it('embeds no texts as no vectors, and the empty text as a vector', async () => {
      expect(await model.embedPassages([])).toEqual({ vectors: [], truncated: 0, tokens: 0 });
      const { vectors } = await model.embedPassages(['']);
      expect(vectors[0]).toHaveLength(model.dimensions);
    });

    it('counts the texts that it truncates, and counts one that just fits as whole', async () => {
      const room = model.maxInputTokens - model.tokenizer.specialTokens;
      const fitting = textOf(model, room);
      const whole = await model.embedPassages([fitting, cat]);
      expect(whole.truncated).toBe(0);
      const cut = await model.embedPassages([`${fitting} cat`, cat, `${fitting} cat ${invoice}`]);
      expect(cut.truncated).toBe(2);
    });

    it('counts the tokens that it reads as its tokenizer does', async () => {
      const { tokens } = await model.embedPassages([cat, invoice]);
      const { tokenizer } = model;
      const counted = tokenizer.count(cat) + tokenizer.count(invoice) + 2 * tokenizer.specialTokens;
      if (!options.isTokenizerEstimate) expect(tokens).toBe(counted);
      expect(tokens).toBeGreaterThan(counted / 2);
      expect(tokens).toBeLessThanOrEqual(counted);
    });

    it('reads no further than its input', async () => {
      const room = model.maxInputTokens - model.tokenizer.specialTokens;
      const fitting = textOf(model, room);
      const [whole, cut] = (await model.embedPassages([fitting, `${fitting} ${invoice}`])).vectors;
      expect(cosine(whole!, cut!)).toBeGreaterThan(0.999);
    });

    it('stops for a signal that is raised already', async () => {
      const signal = AbortSignal.abort(new Error('enough'));
      await expect(model.embedPassages([cat], { signal })).rejects.toThrow('enough');
      await expect(model.embedQuery(cat, { signal })).rejects.toThrow('enough');
    });

    it('serves callers at the same time without mixing them up', async () => {
      const [many, query, few] = await Promise.all([
        model.embedPassages(Array.from({ length: 30 }, (_, at) => `${invoice} ${at}`)),
        model.embedQuery(cat),
        model.embedPassages([cat]),
      ]);
      expect(many.vectors).toHaveLength(30);
      expect(cosine(query, few.vectors[0]!)).toBeGreaterThan(0.5);
      expect(cosine(many.vectors[0]!, few.vectors[0]!)).toBeLessThan(0.5);
    });
  });
}

/** A text of exactly so many tokens. */
function textOf(model: EmbeddingModel, tokens: number): string {
  const text = Array.from({ length: tokens }, () => 'cat').join(' ');
  expect(model.tokenizer.count(text)).toBe(tokens);
  return text;
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0);
}
