import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../domain/errors.ts';
import { parseVersion } from '../../domain/version.ts';

describe('parseVersion', () => {
  it.each<[unknown, bigint]>([
    ['0', 0n],
    ['1842', 1842n],
    ['9'.repeat(80), 10n ** 80n - 1n],
    ['007', 7n],
    [0, 0n],
    [-0, 0n],
    [2 ** 53 - 1, 2n ** 53n - 1n],
    [10n ** 80n - 1n, 10n ** 80n - 1n],
  ])('reads %s', (value, version) => {
    expect(parseVersion(value)).toBe(version);
  });

  it.each<[unknown]>([
    [''],
    ['-1'],
    ['+1'],
    ['1.0'],
    ['1e3'],
    ['0x10'],
    [' 1'],
    ['1\n'],
    ['1_000'],
    ['١'],
    ['9'.repeat(81)],
    [-1],
    [1.5],
    [2 ** 53],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [-1n],
    [10n ** 80n],
    [null],
    [undefined],
    [true],
    [['1']],
    [{}],
  ])('refuses %s', (value) => {
    expect(() => parseVersion(value)).toThrow(InvalidInput);
  });

  it('names the field and keeps its message short', () => {
    expect(() => parseVersion('x'.repeat(10_000), 'ifMatch')).toThrow(/^Expected ifMatch to be .{0,250}$/);
  });
});
