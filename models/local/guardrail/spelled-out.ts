import { foldLookAlikes } from './fold-text.ts';
import { firstFrom, type Range } from './matches-from.ts';

/** Single letters and digits in a row with one and the same separator between them: `b.o.m.b`, `b o m b`. */
export interface SpelledRun {
  /** Its letters and digits, without what stands between them. */
  readonly text: string;
  /** Where each code unit of `text` stands. */
  readonly places: readonly Range[];
  readonly separator: string;
}

/** A text with every such run joined, and the way back. */
export interface JoinedText {
  readonly plain: string;
  /** In their order; the last letter of one may be the first of the next, with another separator. */
  readonly runs: readonly SpelledRun[];
  /** The first place of `plain` that stands at a place of the given text, or behind it. */
  placeOf(origin: number): number;
  /** The range of the given text of a range of `plain`, and the separator of the first run in it, where one is. */
  originOf(range: Range): { readonly range: Range; readonly separator: string | undefined };
}

const element = String.raw`[\p{L}\p{N}]\p{M}{0,4}`;
/** An emoji has a selector behind it that is no letter's mark. */
const separator = String.raw`(?:[^\p{L}\p{N}\p{M}]\ufe0f?){1,3}`;
/** Three or more; in an address the signs of it are spelled too. A word of several letters is no part of a run. */
const spelled = new RegExp(
  String.raw`(?<![\p{L}\p{N}\p{M}])${element}(?<separator>${separator})${element}(?:\k<separator>(?:[@.]\k<separator>)?${element})+(?![\p{L}\p{N}\p{M}])`,
  'gu',
);
const letter = new RegExp(element, 'uy');
/** A sign between a letter with spaces and other letters: it is theirs, as the 1 of 1.5. */
const boundBefore = /[\p{L}\p{N}\p{M}][.@_-]$/u;
const boundBehind = /^[.@_-][\p{L}\p{N}]/u;

/** Joins what is spelled with signs or spaces between the letters; undefined where nothing is. Linear. */
export function joinSpelled(plain: string): JoinedText | undefined {
  const runs: SpelledRun[] = [];
  const parts: string[] = [];
  // Of each code unit of the joined text.
  const starts: number[] = [];
  const ends: number[] = [];
  const separators: (string | undefined)[] = [];
  let joined = 0;
  const keepUntil = (end: number) => {
    parts.push(plain.slice(joined, end));
    for (let at = joined; at < end; at += 1) {
      starts.push(at);
      ends.push(at + 1);
      separators.push(undefined);
    }
    joined = end;
  };
  let isFirstTaken = false;
  for (let match = execAt(0, plain); match !== null; ) {
    const between = match.groups!.separator!;
    const elements = elementsOf(match);
    const letters = elements.filter(([start]) => !isSign(plain[start]!));
    runs.push({ ...textOf(plain, letters), separator: between });
    // Its last letter may be the first of another run: signs bind it closer than spaces, else the first has it.
    const [last, end] = elements.at(-1)!;
    const next = execAt(last, plain);
    const isShared = next?.index === last;
    const isSpaced = /\s/.test(between);
    const isLastGiven = isShared && isSpaced && !/\s/.test(next!.groups!.separator!);
    const skipsFirst =
      isFirstTaken ||
      (isSpaced && boundBefore.test(plain.slice(Math.max(joined, match.index - 2), match.index)));
    const skipsLast = isLastGiven || (isSpaced && boundBehind.test(plain.slice(end, end + 2)));
    const own = elements.slice(skipsFirst ? 1 : 0, skipsLast ? -1 : undefined);
    if (own.length > 2) {
      keepUntil(own[0]![0]);
      const run = textOf(plain, own);
      parts.push(run.text);
      for (const place of run.places) {
        starts.push(place[0]);
        ends.push(place[1]);
        separators.push(between);
      }
      joined = own.at(-1)![1];
    }
    isFirstTaken = isShared && !isLastGiven;
    match = next;
  }
  if (runs.length === 0) return undefined;
  keepUntil(plain.length);
  return {
    plain: parts.join(''),
    runs,
    placeOf: (origin) => firstFrom(starts, origin),
    originOf: ([start, end]) => ({
      range: [starts[start]!, ends[end - 1]!],
      separator: separators.slice(start, end).find((between) => between !== undefined),
    }),
  };
}

function execAt(place: number, plain: string): RegExpExecArray | null {
  spelled.lastIndex = place;
  return spelled.exec(plain);
}

function elementsOf(match: RegExpExecArray): Range[] {
  const text = match[0];
  const between = match.groups!.separator!;
  const elements: Range[] = [];
  for (let at = 0; at < text.length; ) {
    letter.lastIndex = at;
    const length = isSign(text[at]!) ? 1 : letter.exec(text)![0].length;
    elements.push([match.index + at, match.index + at + length]);
    at += length + between.length;
  }
  return elements;
}

function isSign(character: string): boolean {
  return character === '@' || character === '.';
}

function textOf(plain: string, elements: readonly Range[]): Pick<SpelledRun, 'text' | 'places'> {
  return {
    text: foldLookAlikes(elements.map((range) => plain.slice(...range)).join('')),
    places: elements.flatMap(([start, end]) =>
      Array.from({ length: end - start }, (): Range => [start, end]),
    ),
  };
}
