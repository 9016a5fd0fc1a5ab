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

/** The number of the first of rising places that stands at a place or behind it; how many there are where none does. */
export function firstFrom(places: readonly number[], from: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
