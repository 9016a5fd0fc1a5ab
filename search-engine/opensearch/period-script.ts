import type { DatePeriods } from '../../domain/search.ts';

/**
 * Gives the first days, since 1970-01-01, of the periods in which the values of a metadata entry fall: what
 * `createCalendarPeriod` says, in Painless, so that no value has to leave the engine.
 */
const source = `
int number(String text, int from, int to) {
  if (to > text.length()) { return -1; }
  int sum = 0;
  for (int at = from; at < to; ++at) {
    int digit = text.charAt(at) - (char)'0';
    if (digit < 0 || digit > 9) { return -1; }
    sum = sum * 10 + digit;
  }
  return sum;
}
boolean has(String text, int at, String marks) {
  return at < text.length() && marks.indexOf(text.substring(at, at + 1)) >= 0;
}
LocalDate dateOfInstant(long instant, ZoneId zone) {
  if (instant < -62167219200000L || instant > 253402300799999L) { return null; }
  return Instant.ofEpochMilli(instant).atZone(zone).toLocalDate();
}
LocalDate dateOfText(String text, ZoneId zone) {
  int year = number(text, 0, 4);
  int month = number(text, 5, 7);
  int day = number(text, 8, 10);
  if (year < 0 || month < 1 || month > 12 || day < 1 || !has(text, 4, '-') || !has(text, 7, '-')) { return null; }
  if (day > YearMonth.of(year, month).lengthOfMonth()) { return null; }
  LocalDate date = LocalDate.of(year, month, day);
  int length = text.length();
  if (length == 10) { return date; }
  int hour = number(text, 11, 13);
  int minute = number(text, 14, 16);
  if (!has(text, 10, 'T ') || !has(text, 13, ':') || hour < 0 || hour > 23 || minute < 0 || minute > 59) { return null; }
  int at = 16;
  int second = 0;
  int milliseconds = 0;
  if (has(text, at, ':')) {
    second = number(text, 17, 19);
    if (second < 0 || second > 59) { return null; }
    at = 19;
    if (has(text, at, '.,')) {
      int start = at + 1;
      at = start;
      while (has(text, at, '0123456789')) { at += 1; }
      if (at == start || at - start > 9) { return null; }
      for (int place = 0; place < 3; ++place) {
        milliseconds = milliseconds * 10 + (start + place < at ? number(text, start + place, start + place + 1) : 0);
      }
    }
  }
  if (at == length) { return date; }
  long offset = 0;
  if (has(text, at, '+-')) {
    int hours = number(text, at + 1, at + 3);
    int minutes = number(text, at + 4, at + 6);
    if (length != at + 6 || !has(text, at + 3, ':') || hours < 0 || minutes < 0 || minutes > 59) { return null; }
    offset = hours * 60 + minutes;
    if (offset > 1080) { return null; }
    if (has(text, at, '-')) { offset = -offset; }
  } else if (!has(text, at, 'Z') || length != at + 1) { return null; }
  long local = date.toEpochDay() * 86400000L + ((hour * 60L + minute) * 60L + second) * 1000L + milliseconds;
  return dateOfInstant(local - offset * 60000L, zone);
}
long startOf(LocalDate date, String interval) {
  if (interval == 'day') { return date.toEpochDay(); }
  if (interval == 'week') { return date.toEpochDay() - (date.getDayOfWeek().getValue() - 1); }
  if (interval == 'month') { return LocalDate.of(date.getYear(), date.getMonthValue(), 1).toEpochDay(); }
  int month = interval == 'year' ? 1 : date.getMonthValue() - (date.getMonthValue() - 1) % 3;
  return LocalDate.of(date.getYear(), month, 1).toEpochDay();
}
ZoneId zone = ZoneId.of(params.timeZone);
List days = new ArrayList();
for (def text : doc['metadata.term']) {
  LocalDate date = dateOfText(text, zone);
  if (date != null) { days.add(startOf(date, params.interval)); }
}
for (def value : doc['metadata.number']) {
  if (value >= -62167219200000.0 && value <= 253402300799999.0) {
    days.add(startOf(dateOfInstant((long)Math.floor(value), zone), params.interval));
  }
}
return days;
`;

export function periodScript({ interval, timeZone = 'UTC' }: DatePeriods): object {
  return { lang: 'painless', source, params: { interval, timeZone } };
}
