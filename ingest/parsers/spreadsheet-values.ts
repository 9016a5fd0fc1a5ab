/** How the numbers of a cell are shown. */
export type NumberForm = 'number' | 'percentage' | 'date' | 'duration';

const msPerDay = 86_400_000;
/** Excel takes 1900 for a leap year, as Lotus 1-2-3 did: its day 60 never was. */
const lotusLeapDay = 60;
const lastDay = 2_958_465;

/** The form that a number format's code asks for; ECMA-376 part 1, 18.8.30. */
export function formOfCode(code: string): NumberForm {
  const first = code.split(';', 1)[0]!;
  if (/\[(?:h+|m+|s+)\]/i.test(first)) return 'duration';
  const plain = first.replace(/"[^"]*"|\\.|_.|\*.|\[[^\]]*\]/g, '');
  if (/[ymdhs]/i.test(plain.replace(/general|standard/gi, ''))) return 'date';
  return plain.includes('%') ? 'percentage' : 'number';
}

/** The form of a built-in number format; ECMA-376 part 1, 18.8.30, the East Asian dates included. */
export function formOfBuiltIn(id: number): NumberForm {
  if (id === 9 || id === 10) return 'percentage';
  if (id === 46) return 'duration';
  const isDate =
    (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || id === 45 || id === 47 || (id >= 50 && id <= 58);
  return isDate ? 'date' : 'number';
}

/** A stored number as it is read: without the noise of binary fractions, dates as ISO 8601. */
export function showNumber(stored: string, form: NumberForm, startsIn1904: boolean): string {
  const value = Number(stored);
  if (!Number.isFinite(value) || stored.trim() === '') return stored;
  if (form === 'percentage') return `${trimNoise(value * 100)}%`;
  if (form === 'duration') return showDuration(value);
  if (form === 'date') return showDate(value, startsIn1904) ?? trimNoise(value);
  return trimNoise(value);
}

/** @param serial days since the epoch of the workbook; before it there are no dates, and the number stays */
function showDate(serial: number, startsIn1904: boolean): string | undefined {
  if (serial < 0 || serial > lastDay) return undefined;
  const days = Math.floor(serial);
  const seconds = Math.round((serial - days) * 86_400);
  const clock = new Date(seconds * 1_000).toISOString().slice(11, seconds % 60 === 0 ? 16 : 19);
  if (days === 0 && !startsIn1904) return clock;
  const date = startsIn1904 ? since(Date.UTC(1904, 0, 1), days) : dateSince1900(days);
  return seconds === 0 || seconds === 86_400 ? date : `${date} ${clock}`;
}

function dateSince1900(days: number): string {
  if (days === lotusLeapDay) return '1900-02-29';
  return since(Date.UTC(1899, 11, days < lotusLeapDay ? 31 : 30), days);
}

function since(epochMs: number, days: number): string {
  return new Date(epochMs + days * msPerDay).toISOString().slice(0, 10);
}

function showDuration(days: number): string {
  const minutes = Math.round(Math.abs(days) * 1_440);
  return `${days < 0 ? '-' : ''}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

function trimNoise(value: number): string {
  return String(Number(value.toPrecision(15)));
}
