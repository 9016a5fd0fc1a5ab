import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldText } from '../../../../models/local/guardrail/fold-text.ts';

const odd = [
  ...[
    '*',
    '**',
    '~~',
    '`',
    '<b>',
    '</b>',
    '\\',
    '@',
    '.',
    ' ',
    '\n',
    '1',
    'a',
    'о',
    'Α',
    '２',
    'ﬁ',
    '…',
    '½',
  ],
  ...['\u200b', '\u00ad', '\u{e0041}', '\u{1f600}', '\ud800', 'e\u0301', '–', '\u3000', '_', '__', '\u0308'],
];
const oddText = fc.array(fc.constantFrom(...odd), { maxLength: 60 }).map((parts) => parts.join(''));

describe('foldText', () => {
  it.each([
    ['ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'anna@example.com'],
    ['①②③ ﬁre ㎏', '123 fire kg'],
    ['a**nn**a@c.de', 'anna@c.de'],
    ['**anna**@c.de', 'anna@c.de'],
    ['a`nn`a and ~~b~~c', 'anna and bc'],
    ['a<b>nn</b>a@<span class="x">c</span>.de', 'anna@c.de'],
    ['anna\\@c\\.de', 'anna@c.de'],
    ['4111 **1111** 1111', '4111 1111 1111'],
    ['gehe\u200bim, ge\u00adheim', 'geheim, geheim'],
    ['раssword, аnnа', 'password, anna'],
    ['АKIA and ΑKIA', 'AKIA and AKIA'],
    ['4111 _1111_ 1111 __1111__', '4111 1111 1111 1111'],
    ['_anna_@c.de and _this_, __init__', 'anna@c.de and this, init'],
    ['bo\u0308mb b<b>o</b>\u0308mb', 'bömb bömb'],
    ['\u1112\u1161\u11ab\u1100\u116e\u11a8', '한국'],
    ['10\u202f000 – 20\u2009000', '10 000 - 20 000'],
  ])('reads %j as %j', (text, plain) => {
    expect(foldText(text).plain).toBe(plain);
  });

  it.each([
    'a sum of 4 * 5 * 6 and 2*3',
    'snake_case, a _ b and 4_000_000',
    'сор и сосна',
    'σοφία και λόγος',
    'naïve café Übergröße',
    'if a < b and c > d then',
    '* one\n* two',
  ])('leaves %j as it is', (text) => {
    expect(foldText(text).plain).toBe(text);
  });

  it('leads each range back to the characters that it came from', () => {
    const text = 'To ａ**nn**а@c.de, now';
    const { plain, originOf } = foldText(text);
    const start = plain.indexOf('anna@c.de');
    expect(text.slice(...originOf([start, start + 9]))).toBe('ａ**nn**а@c.de');
  });

  it('keeps order and bounds whatever the text is', () => {
    fc.assert(
      fc.property(oddText, (text) => {
        const { plain, originOf, placeOf } = foldText(text);
        let last = 0;
        for (let at = 0; at < plain.length; at += 1) {
          const [start, end] = originOf([at, at + 1]);
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          expect(placeOf(start)).toBeLessThanOrEqual(at);
          last = start;
        }
        expect(placeOf(text.length)).toBe(plain.length);
      }),
    );
  });
});
