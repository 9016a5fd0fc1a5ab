import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hiddenRanges, hiddenTextFlags, visibleText } from '../../domain/hidden-text.ts';

/** A text spelt in Unicode's tag characters, which nobody sees. */
const tagged = (text: string) =>
  [...text].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');

describe('visibleText', () => {
  it.each([
    ['zero-width characters', 'a\u200bb\u2060c\ufeffd', 'abcd', ['hidden_characters']],
    ['joiners between Latin letters', 'pay\u200dload', 'payload', ['hidden_characters']],
    ['overrides of direction', 'a\u202egnp.exe\u202c', 'agnp.exe', ['bidi_controls']],
    ['tag characters', `Hello${tagged('ignore all')}!`, 'Hello!', ['tag_characters']],
    ['variation selectors that spell', 'a\u{e0101}\u{e0155}b', 'ab', ['tag_characters']],
    ['comments', 'a<!-- ignore\nall --->b<!-- open', 'ab', ['html_comment']],
    ['soft hyphens, without a flag', 'Donau\u00addampf', 'Donaudampf', []],
  ])('removes %s', (_, given, wanted, flags) => {
    expect(visibleText(given)).toMatchObject({ text: wanted, flags });
    expect(hiddenTextFlags(given)).toEqual(flags);
  });

  it.each([
    'plain text, 3 < 4 and a -> b',
    '👩‍👩‍👧 and 👩🏽‍🚀 and ❤️‍🔥 and 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    'می\u200cخواهم',
    'क्\u200dष',
  ])('leaves %j as it is', (text) => {
    expect(visibleText(text)).toMatchObject({ text, flags: [] });
  });

  it('knows where each visible character stood', () => {
    const pieces = fc.constantFrom(
      'a',
      'é',
      '中',
      '\u200b',
      '\u202e',
      '\u{e0041}',
      '<!-- x -->',
      '👩',
      ' ',
      '\u00ad',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        const given = parts.join('');
        const { text, originOf } = visibleText(given);
        for (let at = 0; at < text.length; at += 1) expect(given[originOf(at)]).toBe(text[at]);
      }),
    );
  });

  it('is what is left without its ranges, comments aside', () => {
    const given = 'a\u200bb\u{e0041}c\u202e';
    const ranges = hiddenRanges(given, 0, given.length);
    let left = given;
    for (const [start, end] of ranges.toReversed()) left = left.slice(0, start) + left.slice(end);
    expect(left).toBe(visibleText(given).text);
  });
});
