import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkIdOf, embeddedText, headingLine } from '../../domain/chunk.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import { type ChunkedDocument, type ChunkedModel, createChunker } from '../../ingest/chunk.ts';
import type { ChunkingStrategy } from '../../ingest/chunkers/strategy.ts';
import { loadWordPieceTokenizer } from '../../models/local/word-piece.ts';
import { embedLetters, parsedDocuments, parsedOf, wordTokenizer } from './chunkers/parsed-documents.ts';

const folder = path.resolve(import.meta.dirname, '../../assets/all-MiniLM-L6-v2');
const tokenizer = await loadWordPieceTokenizer(folder);

const models: ChunkedModel[] = [
  { id: 'word-piece', maxInputTokens: 64, tokenizer },
  { id: 'words', maxInputTokens: 40, tokenizer: wordTokenizer },
];

const strategies: fc.Arbitrary<ChunkingStrategy> = fc.oneof(
  fc.record(
    {
      strategy: fc.constant('default' as const),
      maxTokens: fc.integer({ min: 20, max: 100 }),
      embedHeadings: fc.boolean(),
    },
    { requiredKeys: ['strategy'] },
  ),
  fc.record({
    strategy: fc.constant('fixed' as const),
    maxTokens: fc.integer({ min: 20, max: 100 }),
    overlapPercentage: fc.integer({ min: 1, max: 99 }),
  }),
  fc
    .tuple(
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 60, max: 200 }),
    )
    .map(([childMaxTokens, overlapTokens, parentMaxTokens]) => ({
      strategy: 'hierarchical' as const,
      childMaxTokens,
      overlapTokens,
      parentMaxTokens,
    })),
  fc.record({
    strategy: fc.constant('semantic' as const),
    maxTokens: fc.integer({ min: 20, max: 100 }),
    bufferSize: fc.constantFrom(0, 1),
    breakpointPercentileThreshold: fc.integer({ min: 50, max: 99 }),
  }),
);

const identity = { tenantId: 'default', documentId: 'd' };
const titles = fc.constantFrom(undefined, 'A title', 'A very long title of many words '.repeat(20));

/** Chunks any document by any strategy and holds the result against `check`. */
async function always(
  check: (
    chunked: ChunkedDocument,
    parsed: ParsedDocument,
    strategy: ChunkingStrategy,
    model: ChunkedModel,
    title: string | undefined,
  ) => void,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      parsedDocuments,
      strategies,
      fc.constantFrom(...models),
      titles,
      async (parsed, strategy, model, title) => {
        const document = { ...identity, ...(title !== undefined && { title }) };
        const chunked = await createChunker(strategy, model).chunk(parsed, document, embedLetters);
        check(chunked, parsed, strategy, model, title);
      },
    ),
    { numRuns: 150 },
  );
}

describe('createChunker, for any document and strategy', () => {
  it('gives chunks that stand in the text where they say, without white space around', () =>
    always(({ chunks }, { text }) => {
      for (const chunk of chunks) {
        expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
        expect(chunk.text.trim()).toBe(chunk.text);
        expect(chunk.text).not.toBe('');
      }
    }));

  it('covers each character that is not white space', () =>
    always(({ chunks }, { text }) => {
      let end = 0;
      for (const chunk of chunks) {
        if (chunk.start > end) expect(text.slice(end, chunk.start).trim()).toBe('');
        end = Math.max(end, chunk.end);
      }
      expect(text.slice(end).trim()).toBe('');
    }));

  it('never exceeds the model, nor what is asked for, and counts exactly', () =>
    always(({ chunks, embeddedTexts }, _, strategy, model) => {
      let max = model.maxInputTokens;
      if ('maxTokens' in strategy) max = Math.min(max, strategy.maxTokens ?? max);
      if (strategy.strategy === 'hierarchical') max = Math.min(max, strategy.childMaxTokens);
      expect(embeddedTexts).toHaveLength(chunks.length);
      for (const [at, chunk] of chunks.entries()) {
        const { count, specialTokens } = model.tokenizer;
        expect(chunk.tokens).toBe(count(embeddedTexts[at]!) + specialTokens);
        expect(chunk.tokens).toBeLessThanOrEqual(max);
      }
    }));

  it('embeds exactly what the chunk holds, under the title or the start of it', () =>
    always(({ chunks, embeddedTexts }, _, strategy, __, title) => {
      for (const [at, chunk] of chunks.entries()) {
        if ('embedHeadings' in strategy && strategy.embedHeadings === false) {
          expect(embeddedTexts[at]).toBe(embeddedText('', chunk));
          continue;
        }
        const below = embeddedText(headingLine(undefined, chunk.headingPath), chunk);
        expect(embeddedTexts[at]!.endsWith(below)).toBe(true);
        const above = embeddedTexts[at]!.slice(0, -below.length).replace(/(?: > |\n)$/, '');
        expect((title ?? '').startsWith(above)).toBe(true);
      }
    }));

  it('numbers chunks from 0, rising in the text, with ids that are always the same', () =>
    always(({ chunks }) => {
      for (const [at, chunk] of chunks.entries()) {
        expect(chunk.ordinal).toBe(at);
        expect(chunk.chunkId).toBe(chunkIdOf(identity.tenantId, identity.documentId, at));
        const before = chunks[at - 1];
        if (before === undefined) continue;
        expect(chunk.start).toBeGreaterThan(before.start);
        expect(chunk.end).toBeGreaterThan(before.end);
      }
    }));

  it('never cuts a grapheme cluster', () => {
    const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
    return always(({ chunks }, { text }) => {
      const boundaries = new Set([text.length]);
      for (const { index } of graphemes.segment(text)) boundaries.add(index);
      for (const { start, end } of chunks) {
        expect(boundaries).toContain(start);
        expect(boundaries).toContain(end);
      }
    });
  });

  it('repeats no more than the overlap that is asked for, and only that without one', () =>
    always(({ chunks }, { text }, strategy, model) => {
      let max = 0;
      if (strategy.strategy === 'fixed') {
        const tokens = Math.min(strategy.maxTokens, model.maxInputTokens);
        max = Math.floor((tokens * strategy.overlapPercentage) / 100);
      }
      if (strategy.strategy === 'hierarchical') max = strategy.overlapTokens;
      for (const [at, chunk] of chunks.entries()) {
        const end = chunks[at - 1]?.end ?? 0;
        if (chunk.start < end)
          expect(model.tokenizer.count(text.slice(chunk.start, end))).toBeLessThanOrEqual(max);
      }
    }));

  it('gives each child one parent that covers it, and parents no larger than asked for', () =>
    always(({ chunks, parents }, { text }, strategy, model) => {
      if (strategy.strategy !== 'hierarchical') {
        expect(parents).toEqual([]);
        return;
      }
      for (const [at, parent] of parents.entries()) {
        expect(parent.ordinal).toBe(at);
        expect(text.slice(parent.start, parent.end)).toBe(parent.text);
        expect(model.tokenizer.count(parent.text)).toBeLessThanOrEqual(strategy.parentMaxTokens);
        expect(chunks.some(({ parentOrdinal }) => parentOrdinal === at)).toBe(true);
      }
      for (const chunk of chunks) {
        const parent = parents[chunk.parentOrdinal!]!;
        expect(parent.start).toBeLessThanOrEqual(chunk.start);
        expect(parent.end).toBeGreaterThanOrEqual(chunk.end);
      }
    }));

  it('gives each chunk that starts inside a table its header, or the start of it', () =>
    always(({ chunks }, { blocks }) => {
      for (const chunk of chunks) {
        const block = blocks.find(({ start, end }) => start <= chunk.start && chunk.start < end)!;
        if (block.table === undefined || chunk.start === block.start) {
          expect(chunk.context).toBeUndefined();
        } else {
          expect(block.table.header.trim().startsWith(chunk.context ?? '')).toBe(true);
        }
      }
    }));

  it('takes a word of 300,000 characters', async () => {
    for (const word of ['x'.repeat(300_000), '漢'.repeat(300_000), `e${'\u0301'.repeat(300_000)}`]) {
      const parsed = parsedOf([{ kind: 'paragraph', text: word }]);
      const { chunks } = await createChunker({ strategy: 'default' }, models[0]!).chunk(parsed, identity);
      expect(chunks.map(({ text }) => text).join('')).toBe(word);
      expect(Math.max(...chunks.map(({ tokens }) => tokens))).toBeLessThanOrEqual(64);
      expect(Math.max(...chunks.map(({ text }) => text.length))).toBeLessThanOrEqual(64 * 16);
    }
  });
});
