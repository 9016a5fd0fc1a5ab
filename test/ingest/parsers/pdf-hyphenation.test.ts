import { describe, expect, it } from 'vitest';
import { createHyphenation } from '../../../ingest/parsers/pdf-hyphenation.ts';

describe('createHyphenation', () => {
  it('joins divided words and keeps the hyphens that the document spells elsewhere', () => {
    const { join } = createHyphenation(['a well-known fact']);
    expect(join('the infor-', 'mation is')).toBe('the information is');
    expect(join('a well-', 'known fact')).toBe('a well-known fact');
  });

  it('puts a space between all other lines', () => {
    const { join } = createHyphenation([]);
    expect(join('one', 'two')).toBe('one two');
    expect(join('pages 3-', '4')).toBe('pages 3- 4');
    expect(join('North-', 'South')).toBe('North- South');
  });
});
