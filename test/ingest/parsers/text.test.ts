import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseText } from '../../../ingest/parsers/text.ts';
import { expectWellParsed, outline } from './expect-well-parsed.ts';

describe('parseText', () => {
  it('keeps the text as it is and makes a paragraph of what stands between blank lines', () => {
    const parsed = parseText('  First line\nsecond\n \t\n\n  Other  \n');
    expect(parsed.text).toBe('  First line\nsecond\n \t\n\n  Other  \n');
    expect(outline(parsed)).toEqual(['paragraph: First line\nsecond', 'paragraph: Other']);
  });

  it('keeps the invariants for any text', () => {
    const unit = fc.oneof(
      fc.constantFrom('\n', '\r\n', ' ', '\u00a0', '\0', '\ud83d', 'e\u0301', '‏ש', '😀'),
      fc.string({ maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const parsed = parseText(`${text}x`);
        expectWellParsed(parsed);
      }),
      { numRuns: 500 },
    );
  });
});
