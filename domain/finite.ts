/** The nearest number that JSON can hold: a sum of very large numbers leaves the range of a double. */
export function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
