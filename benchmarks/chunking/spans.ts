/** [from, to) in whole units: tokens, characters. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
}

/** The same units by spans that rise and do not touch. */
export function unionOf(spans: readonly Span[]): Span[] {
  const union: Span[] = [];
  const rising = spans.filter(({ from, to }) => to > from).sort((left, right) => left.from - right.from);
  for (const { from, to } of rising) {
    const last = union.at(-1);
    if (last !== undefined && from <= last.to) {
      union[union.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    } else union.push({ from, to });
  }
  return union;
}

/** What lies in both, each unit once. */
export function intersectionOf(left: readonly Span[], right: readonly Span[]): Span[] {
  const others = unionOf(right);
  return unionOf(left).flatMap((span) =>
    others
      .map(({ from, to }) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) }))
      .filter(({ from, to }) => to > from),
  );
}
