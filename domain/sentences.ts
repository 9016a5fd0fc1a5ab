/** A sentence's place, [start, end) in UTF-16 code units, without the white space around it. */
export type SentenceRange = readonly [start: number, end: number];

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Before a name or a number, never at a sentence's end. */
const titles =
  /(?:^|[\s("'[])(?:Dr|Mr|Mrs|Ms|Prof|St|Gen|Col|Lt|Sgt|Capt|Rev|Hon|Sen|Rep|Gov|Pres|Mt|Ft|Mme|Mlle|Hr|Fr|Sra|Srta|Dra|ул|просп|им|проф)\.$/;
const inline =
  /(?:^|[\s("'[])(?:e\.\s?g|i\.\s?e|vs|cf|viz|ca|approx|resp|al|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|z|bzw|ggf|inkl|evtl|sog|vgl|bspw|EE|т|напр)\.$/;
/** Before a number only: "No. 5" is one thing, "No. It is not" are two. */
const counted =
  /(?:^|[\s("'[])(?:Figs?|Eqs?|Nos?|Vols?|Secs?|Chs?|Refs?|Tabs?|Arts?|Pts?|Suppl|pp?|eds?|д|кв|стр|рис|табл)\.$/i;
/** Within a sentence or at its end: the next word decides. */
const ambiguous = /(?:^|[\s("'[])(?:\p{Lu}|(?:\p{L}\.)+\p{L}|Inc|Ltd|Co|Corp|Bros|Jr|Sr|Ph\.D|etc)\.$/u;
/** "Am 3. Mai": a day of a month, in German. */
const ordinal = /(?:^|\s)\d{1,2}\.$/;
const germanMonth =
  /^\s*(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b/;
const opener =
  /^["'([]*(?:The|A|An|In|On|At|It|Its|This|That|These|Those|We|Our|He|She|They|There|Here|However|But|And|If|When|While|For|From|To|As|By|You|What|Why|How|Who|No|Yes)\b/;
const listNumber = /^(?:\d{1,3}|\p{L})[.)]$/u;

/** No sentence begins with these. */
const continuation = /^\s*[)\]},;:.!?]/;
/** 「…」と言った: what was said, and that it was said, are one sentence. */
const quoted = /[」』]$/;
const quoting = /^(?:と|って)/;

/** Scripts that end a sentence with a space and no mark; a space also stands between clauses. */
const unmarkedScript = /[\p{Script=Thai}\p{Script=Lao}]/u;
const unmarkedSpace = /(?<=[\p{Script=Thai}\p{Script=Lao}]) +(?=[\p{Script=Thai}\p{Script=Lao}])/gu;
/** Clauses of such a script go together until they are this long: about a sentence. */
const minUnmarkedCharacters = 60;

const startsItem = /^\s*(?:[-*+•–—‣·>|#]|\d{1,3}[.)]\s|[a-z][.)]\s)/;
/** Lines of prose that someone has wrapped are at least this long. */
const minWrappedCharacters = 40;

/**
 * Splits text into sentences: Unicode's rules (UAX #29), mended where they split after abbreviations and initials
 * and at line breaks of wrapped prose, and where a script has no mark for a sentence's end (Thai, Lao). List items, rows and blank lines end a sentence. Each character that is not
 * white space lies in exactly one range.
 */
export function sentences(text: string): SentenceRange[] {
  const found: SentenceRange[] = [];
  for (const [start, end] of proseRuns(text)) {
    // Same length, so that offsets hold.
    const run = text.slice(start, end).replace(/[\r\n]/g, ' ');
    for (const [from, to] of segment(run)) found.push([start + from, start + to]);
  }
  return found;
}

/** Runs of lines that read on from one to the next. */
function* proseRuns(text: string): Generator<SentenceRange> {
  let runStart = 0;
  let lineStart = 0;
  let previous = '';
  while (lineStart < text.length) {
    const lineBreak = text.indexOf('\n', lineStart);
    const lineEnd = lineBreak === -1 ? text.length : lineBreak;
    const line = text.slice(lineStart, lineEnd).trimEnd();
    if (lineStart > runStart && !readsOn(previous, line)) {
      yield [runStart, lineStart];
      runStart = lineStart;
    }
    previous = line;
    lineStart = lineEnd + 1;
  }
  if (runStart < text.length) yield [runStart, text.length];
}

function readsOn(line: string, next: string): boolean {
  if (line === '' || next === '' || startsItem.test(next)) return false;
  if (isRow(line) || isRow(next)) return false;
  return line.length >= minWrappedCharacters || /^\s*\p{Ll}/u.test(next);
}

function isRow(line: string): boolean {
  return line.includes('\t') || line.includes(' | ');
}

function segment(run: string): SentenceRange[] {
  const found: SentenceRange[] = [];
  let start: number | undefined;
  for (const { segment: part, index } of segmenter.segment(run)) {
    const end = index + part.length;
    start ??= index;
    if (end < run.length && isUnfinished(run.slice(Math.max(start, end - 40), end).trim(), run, end, start))
      continue;
    push(found, run, start, end);
    start = undefined;
  }
  if (start !== undefined) push(found, run, start, run.length);
  return found;
}

function isUnfinished(tail: string, run: string, end: number, start: number): boolean {
  if (listNumber.test(tail) && run.slice(start, end).trim() === tail) return true;
  // "(?wait=stored" and "a.B": a mark within a word ends nothing; Chinese and Japanese marks need no space.
  if (/[.!?]$/.test(run.slice(start, end))) return true;
  const next = run.slice(end, end + 24);
  if (continuation.test(next) || (quoted.test(tail) && quoting.test(next))) return true;
  if (!tail.endsWith('.')) return false;
  if (titles.test(tail) || inline.test(tail)) return true;
  if (ordinal.test(tail) && germanMonth.test(next)) return true;
  if (counted.test(tail)) return /^\s*[(["']?(?:\d|[IVX]+\b|[A-Z]\d)/.test(next);
  return ambiguous.test(tail) && !opener.test(next.trimStart());
}

function push(found: SentenceRange[], run: string, from: number, to: number): void {
  const part = run.slice(from, to);
  const start = from + (part.length - part.trimStart().length);
  const end = from + part.trimEnd().length;
  if (end <= start) return;
  let sentenceStart = start;
  for (const space of unmarkedScript.test(part) ? run.slice(start, end).matchAll(unmarkedSpace) : []) {
    const sentenceEnd = start + space.index;
    if (sentenceEnd - sentenceStart < minUnmarkedCharacters) continue;
    found.push([sentenceStart, sentenceEnd]);
    sentenceStart = sentenceEnd + space[0].length;
  }
  found.push([sentenceStart, end]);
}
