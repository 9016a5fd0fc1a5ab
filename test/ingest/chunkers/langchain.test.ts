import { CharacterTextSplitter, RecursiveCharacterTextSplitter } from '@langchain/textsplitters';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidConfiguration } from '../../../domain/errors.ts';
import { createChunker } from '../../../ingest/chunk.ts';
import { fromLangChain, locatePieces } from '../../../ingest/chunkers/langchain.ts';
import { paragraph, parsedOf, wordTokenizer } from './parsed-documents.ts';

const model = { id: 'words', maxInputTokens: 40, tokenizer: wordTokenizer };

describe('fromLangChain', () => {
  it('makes the chunks of the splitter, with their places', async () => {
    const splitter = new RecursiveCharacterTextSplitter({ chunkSize: 20, chunkOverlap: 5 });
    const parsed = parsedOf([paragraph('One two three four five.'), paragraph('Six seven eight nine ten.')]);
    const chunker = createChunker(fromLangChain(splitter, 'recursive 20/5'), model);
    const { chunks } = await chunker.chunk(parsed, { tenantId: 'default', documentId: 'd' });
    expect(chunks.map(({ text }) => text)).toEqual(await splitter.splitText(parsed.text));
    for (const { start, end, text } of chunks) expect(parsed.text.slice(start, end)).toBe(text);
  });

  it('covers any text, also one that repeats itself', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', ' ', 'ab ', '\n\n', '\n', '😀', 'word '), { maxLength: 80 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.integer({ min: 1, max: 12 }),
        fc.nat(6),
        async (input, chunkSize, overlap) => {
          const chunkOverlap = Math.min(overlap, chunkSize - 1);
          const splitter = new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap });
          const pieces = await splitter.splitText(input);
          const ranges = locatePieces(input, pieces, 'any');
          const filled = pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
          expect(ranges.map(({ start, end }) => input.slice(start, end))).toEqual(filled);
          let end = 0;
          for (const range of ranges) {
            expect(input.slice(end, Math.max(end, range.start)).trim()).toBe('');
            end = Math.max(end, range.end);
          }
          expect(input.slice(end).trim()).toBe('');
        },
      ),
    );
  });

  it('finds the pieces of a splitter that drops its separators', async () => {
    const splitter = new CharacterTextSplitter({ separator: '###', chunkSize: 4, chunkOverlap: 0 });
    const text = 'one###two###one';
    const ranges = locatePieces(text, await splitter.splitText(text), 'marks');
    expect(ranges).toEqual([
      { start: 0, end: 3 },
      { start: 6, end: 9 },
      { start: 12, end: 15 },
    ]);
  });

  it('refuses a splitter that changes the text', () => {
    expect(() => locatePieces('some text', ['some', 'TEXT'], 'loud')).toThrow(InvalidConfiguration);
    expect(() => locatePieces('some text', ['some', 'TEXT'], 'loud')).toThrow('"loud": piece 2 of 2');
  });
});
