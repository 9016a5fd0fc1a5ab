import { describe, expect, it } from 'vitest';
import { cleanText, oneLine } from '../../../ingest/parsers/clean-text.ts';

describe('cleanText', () => {
  it('makes every kind of line break a line feed', () => {
    expect(cleanText('a\r\nb\rc\fd\ve\u2028f\u0085g')).toBe('a\nb\nc\nd\ne\nf\ng');
  });

  it('removes control characters but the tab and keeps everything else', () => {
    expect(cleanText('\0a\x07\tb\x1b[0m\x7f\x9f é e\u0301 😀 ‮rtl')).toBe('a\tb[0m é e\u0301 😀 ‮rtl');
  });

  it('replaces lone surrogates', () => {
    expect(cleanText('a\ud800b')).toBe('a\ufffdb');
  });
});

describe('oneLine', () => {
  it('collapses white space', () => {
    expect(oneLine(' a\r\n\t b\u00a0 c ')).toBe('a b c');
  });
});
