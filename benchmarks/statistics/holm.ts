/**
 * Corrects p-values for having tested several hypotheses (family-wise error rate), in the order given: the i-th smallest
 * of m is multiplied by m − i + 1, never below the one before it and never above 1.
 * Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 1979.
 */
export function holm(pValues: readonly number[]): number[] {
  const rising = pValues.map((_, at) => at).sort((left, right) => pValues[left]! - pValues[right]!);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  rising.forEach((at, rank) => {
    least = Math.min(1, Math.max(least, pValues[at]! * (pValues.length - rank)));
    adjusted[at] = least;
  });
  return adjusted;
}
