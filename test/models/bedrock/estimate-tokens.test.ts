import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEstimatingTokenizer } from '../../../models/bedrock/estimate-tokens.ts';
import { fitText } from '../../../models/bedrock/fit-text.ts';
import { loadWordPieceTokenizer } from '../../../models/local/word-piece.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const wordPiece = await loadWordPieceTokenizer(`${root}assets/all-MiniLM-L6-v2`);
const tokenizer = createEstimatingTokenizer({ charactersPerToken: 6 });

describe('createEstimatingTokenizer', () => {
  it('counts as many tokens as WordPiece in each guide, and not twice as many', () => {
    for (const name of readdirSync(`${root}docs`).filter((file) => file.endsWith('.md'))) {
      const text = readFileSync(`${root}docs/${name}`, 'utf8');
      const ratio = tokenizer.count(text) / wordPiece.count(text);
      expect(ratio, name).toBeGreaterThan(0.98);
      expect(ratio, name).toBeLessThan(1.6);
    }
  });

  it.each([
    [
      'German',
      'Die Geschwindigkeitsbegrenzung auf Landstra\u00dfen betr\u00e4gt hundert Kilometer pro Stunde.',
    ],
    ['Japanese', '\u6771\u4eac\u306e\u5929\u6c17\u306f\u6674\u308c\u3067\u3059\u3002'],
    ['code', 'const vectors = await model.embedPassages(texts, { signal });'],
    ['numbers', '3.14159 2,718,281 0x7fff 2026-11-25T09:00:00Z'],
  ])('counts about as many as WordPiece, or more, in %s', (_, text) => {
    expect(tokenizer.count(text)).toBeGreaterThanOrEqual(wordPiece.count(text) * 0.8);
  });

  it('never lets a text that fits in tokens pass the limit in characters', () => {
    const cohere = createEstimatingTokenizer({ charactersPerToken: 4 });
    fc.assert(
      fc.property(fc.string({ maxLength: 5_000, unit: 'binary' }), (text) => {
        const { text: fitted, isCut } = fitText(text, 512, cohere);
        expect(fitted.length).toBeLessThanOrEqual(2_048);
        expect(fitted.isWellFormed() || !text.isWellFormed()).toBe(true);
        if (!isCut && text !== '') expect(fitted).toBe(text);
        expect(fitted.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});
