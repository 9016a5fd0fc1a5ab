export interface ReplacedRange {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** A text with the replacements of ranges in their place. @param ranges in the order of the text, not overlapping */
export function replaceRanges(text: string, ranges: readonly ReplacedRange[]): string {
  let replaced = '';
  let at = 0;
  for (const { start, end, replacement } of ranges) {
    replaced += text.slice(at, start) + replacement;
    at = end;
  }
  return replaced + text.slice(at);
}

/** Up to where a verdict stands, whatever follows: never within a match that may go on. */
export function settledPlace({
  matches,
  settled,
}: {
  readonly matches: readonly { readonly start: number; readonly end: number }[];
  readonly settled: number;
}): number {
  const cut = matches.find(({ start, end }) => start < settled && end > settled);
  return cut === undefined ? settled : cut.start;
}
