import { describe, expect, it } from 'vitest';
import {
  type CalendarInterval,
  calendarDate,
  createCalendarPeriod,
  isTimeZone,
} from '../../domain/calendar.ts';

function period(value: string | number, interval: CalendarInterval, timeZone = 'UTC'): string | undefined {
  const day = createCalendarPeriod(interval, timeZone)(value);
  return day === undefined ? undefined : calendarDate(day);
}

describe('createCalendarPeriod', () => {
  it.each([
    ['2024-02-29', 'day', '2024-02-29'],
    ['2024-02-29', 'week', '2024-02-26'],
    ['2024-02-29', 'month', '2024-02-01'],
    ['2024-05-31', 'quarter', '2024-04-01'],
    ['2024-12-31', 'quarter', '2024-10-01'],
    ['2024-02-29', 'year', '2024-01-01'],
    // Weeks of ISO 8601 run over the new year.
    ['2021-01-03', 'week', '2020-12-28'],
    ['2024-12-30', 'week', '2024-12-30'],
    ['1899-12-31', 'year', '1899-01-01'],
    ['0044-03-15', 'month', '0044-03-01'],
    ['0000-01-01', 'week', '-000001-12-27'],
  ] as const)('puts %s by %s into %s', (value, interval, from) => {
    expect(period(value, interval)).toBe(from);
  });

  it('leaves a plain date on its day, whatever the zone, and takes an instant by the clocks of the zone', () => {
    for (const zone of ['UTC', 'Pacific/Kiritimati', 'America/Adak']) {
      expect(period('2024-03-31', 'day', zone)).toBe('2024-03-31');
      expect(period('2024-03-31T00:30', 'day', zone)).toBe('2024-03-31');
    }
    expect(period('2024-03-31T22:00:00Z', 'day', 'Europe/Berlin')).toBe('2024-04-01');
    expect(period('2024-03-31T21:59:59Z', 'day', 'Europe/Berlin')).toBe('2024-03-31');
    expect(period('2024-10-27T22:59:59Z', 'day', 'Europe/Berlin')).toBe('2024-10-27');
    expect(period('2024-01-01T00:15:00+05:45', 'year')).toBe('2023-01-01');
    // Samoa left this day out.
    expect(period('2011-12-30T12:00:00Z', 'day', 'Pacific/Apia')).toBe('2011-12-31');
    expect(period(Date.UTC(2024, 11, 31, 23, 30), 'year', 'Europe/Berlin')).toBe('2025-01-01');
    expect(period(-1, 'day')).toBe('1969-12-31');
  });

  it.each(['', '2024', '2024-02-30', '2024-13-01', '2024-1-1', '2024-01-01T24:00', '2024-01-01T10:00:60Z'])(
    'takes %j for no date',
    (value) => {
      expect(period(value, 'day')).toBeUndefined();
    },
  );

  it('takes instants outside the years 0000 to 9999 for no date', () => {
    expect(period(Number.NaN, 'day')).toBeUndefined();
    expect(period(9e15, 'day')).toBeUndefined();
    expect(period('0000-01-01T00:00+01:00', 'day')).toBeUndefined();
  });
});

describe('isTimeZone', () => {
  it.each([
    'UTC',
    'Europe/Berlin',
    'America/Argentina/Buenos_Aires',
    'Asia/Calcutta',
    'Asia/Kolkata',
    '+05:30',
    '-11:00',
  ])('knows %s', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });
  // Names that only one of the engines knows, or knows in another case, are none.
  it.each(['', 'EST', 'CET', 'europe/berlin', 'Europe/Nowhere', 'Berlin', '+5', '+25:00', 'Z'])(
    'refuses %j',
    (name) => {
      expect(isTimeZone(name)).toBe(false);
    },
  );
});
