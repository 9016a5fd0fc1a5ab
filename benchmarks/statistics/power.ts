/**
 * How many queries show a gain, by the paired normal approximation n = ((z₁₋α⁄₂ + z_power) · σ / δ)², where σ is the
 * standard deviation of the paired differences and δ the gain.
 * Source: Sakai, "Topic set size design", Information Retrieval Journal 19(3), 2016; Cohen, "Statistical Power Analysis
 * for the Behavioral Sciences", 2nd edition, 1988, chapter 2.
 */
export interface Power {
  /** The probability of calling a difference that is not there. @default 0.05 */
  readonly alpha?: number;
  /** The probability of seeing a difference that is there. @default 0.8 */
  readonly power?: number;
}

/** Queries that it takes; `deviation` and `gain` in the metric's unit, both above 0. At least 2. */
export function queriesNeeded(gain: number, deviation: number, options: Power = {}): number {
  return Math.max(2, Math.ceil(((factor(options) * deviation) / gain) ** 2));
}

/** The smallest gain that so many queries would have shown. */
export function detectableGain(queries: number, deviation: number, options: Power = {}): number {
  return queries === 0 ? Number.POSITIVE_INFINITY : (factor(options) * deviation) / Math.sqrt(queries);
}

function factor({ alpha = 0.05, power = 0.8 }: Power): number {
  return normalQuantile(1 - alpha / 2) + normalQuantile(power);
}

/**
 * The quantile of the standard normal distribution, to 4.5e-4.
 * Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, formula 26.2.23.
 */
export function normalQuantile(share: number): number {
  if (share < 0.5) return -normalQuantile(1 - share);
  const t = Math.sqrt(-2 * Math.log(1 - share));
  return (
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t ** 2) / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3)
  );
}
