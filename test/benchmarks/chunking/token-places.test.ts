import { expect, it } from 'vitest';
import { findTokens } from '../../../benchmarks/chunking/token-places.ts';

it('findTokens takes words, numbers, marks and single characters of scripts without spaces for tokens', () => {
  const text = "Don't pay $8.50, 你好 👍!";
  const tokens = findTokens(text);
  // Don ' t pay $ 8 . 50 , 你 好 👍 !
  expect(tokens.count).toBe(13);
  expect(tokens.spanOf(0, text.length)).toEqual({ from: 0, to: 13 });
  expect(tokens.spanOf(text.indexOf('pay'), text.indexOf('8.50'))).toEqual({ from: 3, to: 5 });
  // A token belongs to where it begins.
  expect(tokens.spanOf(1, 3)).toEqual({ from: 1, to: 1 });
});
