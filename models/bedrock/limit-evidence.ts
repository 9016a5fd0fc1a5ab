/** What became of calls at one pace. */
export interface Observation {
  /** Calls that were started a second. */
  readonly perSecond: number;
  readonly judged: number;
  readonly throttled: number;
}

/** Capacities that are tried for the one that fits best. */
const steps = 60;
/** No share is held for certain. */
const [leastShare, mostShare] = [0.02, 0.99];
/** A likelihood ratio of e⁴: the share rose, and not by chance. */
const rise = 4;

/**
 * Weighs two explanations of what was throttled before and after the pace was lowered: "this share is throttled at any
 * pace" against "so many calls a second are let through", each with the one value that fits both observations best.
 * Above 0 the first is likelier. `-Infinity` where more is throttled at the lower pace: the limit has fallen.
 *
 * @param noise share that is known to be throttled at any pace
 * @returns the logarithm of the likelihood ratio (natural)
 */
export function evidenceAgainstLimit(before: Observation, after: Observation, noise: number): number {
  const share = (before.throttled + after.throttled) / (before.judged + after.judged);
  const steady = likelihood(before, share) + likelihood(after, share);
  const [shareBefore, shareAfter] = [before.throttled / before.judged, after.throttled / after.judged];
  const apart = likelihood(before, shareBefore) + likelihood(after, shareAfter);
  if (shareAfter > shareBefore && apart - steady > rise) return Number.NEGATIVE_INFINITY;
  let limited = Number.NEGATIVE_INFINITY;
  for (let step = 1; step <= steps; step += 1) {
    const capacity = (before.perSecond * step) / steps;
    const throttledAt = (pace: number) => 1 - (1 - noise) * Math.min(1, capacity / pace);
    const fit =
      likelihood(before, throttledAt(before.perSecond)) + likelihood(after, throttledAt(after.perSecond));
    limited = Math.max(limited, fit);
  }
  return steady - limited;
}

/** Of a binomial, its constant factor left out. */
function likelihood({ judged, throttled }: Observation, given: number): number {
  const share = Math.min(mostShare, Math.max(leastShare, given));
  return throttled * Math.log(share) + (judged - throttled) * Math.log(1 - share);
}
