export type Range = readonly [start: number, end: number];

/** The matches of a global pattern from a place on, with what stands before it in sight of look-behinds. */
export function matchesFrom(pattern: RegExp, text: string, from: number): Range[] {
  const found: Range[] = [];
  pattern.lastIndex = from;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    found.push([match.index, match.index + match[0].length]);
  }
  return found;
}
