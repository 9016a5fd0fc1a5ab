import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactNumber, parseJson } from '../../../sources/feeds/parse-json.ts';

describe('parseJson', () => {
  it('keeps the digits that a double would change', () => {
    for (const text of [
      '9007199254740993',
      '-9007199254740993',
      '0.1000000000000000055',
      '1e400',
      '123456789012345678.5',
    ]) {
      expect(parseJson(`{"n":${text}}`), text).toEqual({ n: new ExactNumber(text) });
    }
  });

  it('gives numbers for what a double holds', () => {
    expect(parseJson('[9007199254740991,0.1,1e5,8.1,-0.0,1.5e-7]')).toEqual([
      9007199254740991, 0.1, 1e5, 8.1, -0, 1.5e-7,
    ]);
  });

  it('loses no digit of any whole number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (number) => {
        expect(String(parseJson(String(number)))).toBe(String(number));
      }),
    );
  });

  it('reads anything else as JSON does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const parsed = JSON.stringify(parseJson(text), (_, value) =>
          value instanceof ExactNumber ? Number(value.text) : value,
        );
        expect(parsed).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });
});
