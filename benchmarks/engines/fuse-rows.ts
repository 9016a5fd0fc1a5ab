/** A type alias, so that a row of the database can be taken for it. */
export type LegRow<Row = number> = {
  readonly row: Row;
  readonly score: number;
};

/** Min-max at equal weights, as little as it takes: the rows of the topK best. */
export function fuseRows<Row>(
  lexical: readonly LegRow<Row>[],
  dense: readonly LegRow<Row>[],
  topK: number,
): Row[] {
  const fused = new Map<Row, number>();
  for (const leg of [lexical, dense]) {
    const highest = leg[0]?.score ?? 0;
    const lowest = leg.at(-1)?.score ?? 0;
    const span = highest - lowest || 1;
    for (const { row, score } of leg) {
      fused.set(row, (fused.get(row) ?? 0) + (0.5 * (score - lowest)) / span);
    }
  }
  return [...fused]
    .sort((left, right) => right[1] - left[1])
    .slice(0, topK)
    .map(([row]) => row);
}
