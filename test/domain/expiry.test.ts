import { describe, expect, it } from 'vitest';
import { checkExpiry, hasExpired } from '../../domain/expiry.ts';

describe('checkExpiry', () => {
  it.each([
    ['2027-01-31T12:00:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:00.123456789Z', '2027-01-31T12:00:00.123Z'],
    // Around a change to summer time the zone still says which moment is meant.
    ['2027-03-28T02:30:00+01:00', '2027-03-28T01:30:00.000Z'],
    ['2027-03-28T02:30:00+02:00', '2027-03-28T00:30:00.000Z'],
    ['2028-02-29T00:00:00-11:30', '2028-02-29T11:30:00.000Z'],
  ])('writes %s as %s', (given, written) => {
    expect(checkExpiry(given)).toBe(written);
  });

  it.each([
    ...['', 'soon', '2027', '2027-01-31', '2027-01-31T12:00:00', '2027-01-31 12:00:00Z', '1800000000'],
    ...['2027-13-01T00:00:00Z', '2027-02-29T00:00:00Z', '2027-01-31T24:00:00Z', '2027-01-31T12:60:00Z'],
    ...[
      '+012027-01-31T12:00:00Z',
      '0000-01-01T00:00:00Z',
      '9999-12-31T23:59:59-01:00',
      '2027-01-31T12:00:00z',
    ],
    ...[1_800_000_000, null, undefined, true, {}, ['2027-01-31T12:00:00Z'], new Date()],
  ])('refuses %j', (given) => {
    expect(() => checkExpiry(given)).toThrow(/Expected expiresAt to be a date and time with its zone/);
  });
});

describe('hasExpired', () => {
  it('holds from the moment itself on', () => {
    const at = Date.parse('2027-01-31T12:00:00.000Z');
    expect([at - 1, at, at + 1].map((now) => hasExpired('2027-01-31T12:00:00.000Z', now))).toEqual([
      false,
      true,
      true,
    ]);
    expect(hasExpired(undefined, at)).toBe(false);
  });
});
