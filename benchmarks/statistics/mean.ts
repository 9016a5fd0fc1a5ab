/** The arithmetic mean; 0 of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  return values.length === 0 ? 0 : sum / values.length;
}

/** The sample variance, divided by n − 1 (Bessel's correction); 0 of fewer than two values. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  let squares = 0;
  for (let at = 0; at < values.length; at += 1) squares += (values[at]! - middle) ** 2;
  return squares / (values.length - 1);
}
