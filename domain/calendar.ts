/** Periods of the calendar; a week begins on Monday (ISO 8601). */
export const calendarIntervals = ['year', 'quarter', 'month', 'week', 'day'] as const;
export type CalendarInterval = (typeof calendarIntervals)[number];

/** Gives the first day, since 1970-01-01, of the period in which a value falls; undefined for what is no date. */
export type CalendarPeriod = (value: string | number) => number | undefined;

const msPerDay = 86_400_000;
/** 0000-01-01T00:00Z and 9999-12-31T23:59:59.999Z. */
const earliest = -62_167_219_200_000;
const latest = 253_402_300_799_999;

const datePattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-])(\d\d):(\d\d))?)?$/;

/**
 * Makes a reader of dates in a time zone.
 *
 * A string is a date of ISO 8601 in the years 0000 to 9999, alone or with a time (`T` or a space between); with an
 * offset or `Z` it is an instant, without one it is local to the zone. A number is milliseconds since 1970, UTC. Days
 * are those of the zone, so that a plain date falls on its own day whatever the zone. Gregorian throughout.
 */
export function createCalendarPeriod(interval: CalendarInterval, timeZone: string): CalendarPeriod {
  const localDay = createLocalDay(timeZone);
  return (value) => {
    const day = typeof value === 'number' ? dayOfInstant(value, localDay) : dayOfText(value, localDay);
    return day === undefined ? undefined : startOf(day, interval);
  };
}

/** Whether both engines know the zone: a name of the IANA database with an area, `UTC`, or an offset as `+05:30`. */
export function isTimeZone(name: string): boolean {
  if (!/^(?:UTC|[+-]\d\d:\d\d|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+)$/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // Names are told apart by case elsewhere; a link may resolve to another name.
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    // Being no zone is the answer.
    return false;
  }
}

/** Days since 1970-01-01, of an instant. */
type LocalDay = (instant: number) => number;

function createLocalDay(timeZone: string): LocalDay {
  if (timeZone === 'UTC') return (instant) => Math.floor(instant / msPerDay);
  const format = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone,
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
  return (instant) => {
    let year = 0;
    let month = 1;
    let day = 1;
    let isBeforeChrist = false;
    for (const { type, value } of format.formatToParts(instant)) {
      if (type === 'year') year = Number(value);
      else if (type === 'month') month = Number(value);
      else if (type === 'day') day = Number(value);
      else if (type === 'era') isBeforeChrist = value.startsWith('B');
    }
    return dayOf(isBeforeChrist ? 1 - year : year, month, day);
  };
}

function dayOfInstant(instant: number, localDay: LocalDay): number | undefined {
  if (!(instant >= earliest && instant <= latest)) return undefined;
  return localDay(Math.floor(instant));
}

function dayOfText(text: string, localDay: LocalDay): number | undefined {
  const found = datePattern.exec(text);
  if (found === null) return undefined;
  const [year, month, date, hour, minute, second] = found.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const day = dayOf(year, month, date);
  const isDate = month >= 1 && calendarDate(day) === text.slice(0, 10);
  if (!isDate || hour > 23 || minute > 59 || second > 59) return undefined;
  const [, , , , , , , fraction, utc, sign, offsetHours, offsetMinutes] = found;
  // Local to the zone: the day that it says.
  if (utc === undefined && sign === undefined) return day;
  const offset = Number(offsetHours ?? 0) * 60 + Number(offsetMinutes ?? 0);
  if (Number(offsetMinutes ?? 0) > 59 || offset > 18 * 60) return undefined;
  const milliseconds = Number((fraction ?? '').slice(0, 3).padEnd(3, '0'));
  const local = day * msPerDay + ((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds;
  return dayOfInstant(local - (sign === '-' ? -offset : offset) * 60_000, localDay);
}

function startOf(day: number, interval: CalendarInterval): number {
  // 1970-01-01 was a Thursday.
  if (interval === 'week') return day - ((((day + 3) % 7) + 7) % 7);
  if (interval === 'day') return day;
  const date = new Date(day * msPerDay);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  if (interval === 'month') return dayOf(year, month, 1);
  return dayOf(year, interval === 'year' ? 1 : month - ((month - 1) % 3), 1);
}

/** Any month and date: those past the end run on. */
function dayOf(year: number, month: number, date: number): number {
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, date);
  return midnight.getTime() / msPerDay;
}

/** `YYYY-MM-DD`; the week of 0000-01-01 begins in a year below 0, as `-000001-12-27`. */
export function calendarDate(day: number): string {
  return new Date(day * msPerDay).toISOString().split('T')[0]!;
}
