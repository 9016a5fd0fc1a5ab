import { describe, expect, it } from 'vitest';
import { createTextMask } from '../../../../models/local/guardrail/create-text-mask.ts';

describe('createTextMask', () => {
  it('takes out what has the form of sensitive information, and what own patterns find', () => {
    const mask = createTextMask([{ name: 'ticket', pattern: 'T-\\d+', action: 'block', maxCharacters: 20 }]);
    expect(mask('Ask ada@example.com about T-1234, key AKIAIOSFODNN7EXAMPLE.')).toBe(
      'Ask {EMAIL} about {TICKET}, key {AWS_ACCESS_KEY}.',
    );
    expect(mask('Nothing here')).toBe('Nothing here');
  });

  it('leaves nothing of what overlaps', () => {
    const mask = createTextMask([
      { name: 'a', pattern: 'bcd', action: 'mask', maxCharacters: 20 },
      { name: 'b', pattern: 'cdef', action: 'mask', maxCharacters: 20 },
    ]);
    expect(mask('abcdefg')).toBe('a{A}g');
  });
});
