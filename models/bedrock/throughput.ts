/** How a call ended, as far as the pace is concerned. */
export type CallEnd = 'served' | 'throttled' | 'other';

export interface ThroughputOptions {
  /** Calls a second at first, doubling each second until the first sign of a limit. @default 50 */
  readonly startPerSecond?: number;
  /** @default 0.5 */
  readonly minPerSecond?: number;
  /** @default 5000 */
  readonly maxPerSecond?: number;
}

/** Judged over at least this long and so many calls, or the longest. */
const epochMs = 1_000;
const epochCalls = 10;
const epochCallsWhereUnsure = 40;
const longestEpochMs = 4_000;
/** More throttled calls than this share, over those that come at any pace, mean that a limit is met. */
const tolerance = 0.03;
/** Standard deviations by which chance may explain a share. */
const chance = 2.5;
/** After a limit is met: this share of what it let through. */
const retreat = 0.9;
/** Where a retreat did not help: this share of its pace, to see whether any would. */
const secondRetreat = 0.5;
/** Seconds from a retreat until the pace is back at what the limit let through. */
const returnSeconds = 4;
/** A burst of at most this many milliseconds' calls. */
const burstMs = 50;

interface Pace {
  /** What the limit lets through; undefined while none was met. */
  readonly capacity: number | undefined;
  /** Seconds of being held back since the pace began. */
  seconds: number;
}

/**
 * Finds how many calls a second a service takes from nothing but which calls it throttled. Pure: time is given.
 *
 * While no limit is met the pace doubles each second. A limit shows as a share of throttled calls beyond what comes at
 * any pace; what it lets through meanwhile is its capacity. The pace then retreats to 90 % of that, returns along a
 * cubic curve that lingers at the capacity and, where nothing is throttled, leaves it faster and faster (the curve of
 * CUBIC, RFC 9438, scaled to the capacity). Throttling that neither a retreat nor half of that pace lessens is noise of
 * the service and not a limit: that share no longer counts, and the pace doubles again from where it was.
 */
export class Throughput {
  readonly #start: number;
  readonly #min: number;
  readonly #max: number;
  #pace: Pace = { capacity: undefined, seconds: 0 };
  /** Share of calls that is throttled at any pace. */
  #noise = 0;
  /** The epoch before the last retreat, or the last two, to go back to where they did not help. */
  #left:
    | {
        readonly perSecond: number;
        readonly judged: number;
        readonly share: number;
        readonly expected: number;
        readonly isSecond: boolean;
      }
    | undefined;
  #tokens = 1;
  #filledAt: number;
  #epochAt: number;
  #pacedAt: number;
  #calls = { started: 0, served: 0, throttled: 0 };
  #isHeldBack = false;

  /** @param now milliseconds of any clock that only goes forward */
  constructor(now: number, options: ThroughputOptions = {}) {
    this.#start = options.startPerSecond ?? 50;
    this.#min = options.minPerSecond ?? 0.5;
    this.#max = options.maxPerSecond ?? 5_000;
    this.#filledAt = now;
    this.#epochAt = now;
    this.#pacedAt = now;
  }

  /** Calls a second that may start now. */
  get perSecond(): number {
    const { capacity, seconds } = this.#pace;
    const pace =
      capacity === undefined
        ? this.#start * 2 ** Math.min(seconds, 30)
        : capacity * (1 + (1 - retreat) * ((seconds - returnSeconds) / returnSeconds) ** 3);
    return Math.min(this.#max, Math.max(this.#min, pace));
  }

  /** Milliseconds until another call may start; 0: now. */
  waitMs(now: number): number {
    this.#fill(now);
    if (this.#tokens >= 1) return 0;
    this.#isHeldBack = true;
    return Math.ceil(((1 - this.#tokens) / this.perSecond) * 1_000);
  }

  started(now: number): void {
    this.#fill(now);
    this.#tokens -= 1;
    this.#calls.started += 1;
  }

  ended(startedAt: number, now: number, end: CallEnd): void {
    // What began before the pace changed tells of the old one.
    if (startedAt >= this.#pacedAt && end !== 'other') this.#calls[end] += 1;
    this.#judge(now);
  }

  #fill(now: number): void {
    const most = Math.max(1, (this.perSecond * burstMs) / 1_000);
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#filledAt) / 1_000) * this.perSecond);
    this.#filledAt = now;
  }

  #judge(now: number): void {
    const elapsed = now - this.#epochAt;
    const { started, served, throttled } = this.#calls;
    const judged = served + throttled;
    const isUnsure = this.#noise > 0 || this.#left !== undefined;
    const enough = isUnsure ? epochCallsWhereUnsure : epochCalls;
    if (elapsed < epochMs || judged === 0 || (judged < enough && elapsed < longestEpochMs)) return;
    const share = throttled / judged;
    const noise = this.#noise;
    const surprise = (expected: number) =>
      Math.max(tolerance, chance * Math.sqrt((expected * (1 - expected)) / judged));
    const left = this.#left;
    this.#left = undefined;
    if (share <= noise + surprise(noise)) {
      this.#learnNoise(share);
      // A pace that nobody used proves nothing.
      if (this.#isHeldBack) this.#pace.seconds += elapsed / 1_000;
    } else if (
      left !== undefined &&
      share > left.expected + (left.share - left.expected) / 3 &&
      share < left.share + surprise(left.share)
    ) {
      const all = left.judged + judged;
      const pooled = (left.share * left.judged + throttled) / all;
      if (left.isSecond || noise > 0) {
        this.#noise = Math.min(0.9, pooled);
        // Whether there is a limit, and where, is open again.
        const seconds = Math.max(0, Math.log2(left.perSecond / this.#start));
        this.#begin({ capacity: undefined, seconds }, now);
      } else {
        // A limit that falls while it is measured looks the same; at a much slower pace it does not.
        const capacity = Math.max(((started / (elapsed / 1_000)) * secondRetreat) / retreat, this.#min);
        const expected = Math.max(noise, 1 - (1 - share) / secondRetreat);
        this.#left = { perSecond: left.perSecond, judged: all, share: pooled, expected, isSecond: true };
        this.#begin({ capacity, seconds: 0 }, now);
      }
    } else {
      const perSecond = started / (elapsed / 1_000);
      // Of what was started, not of what has ended: a slow service lets through as much as a fast one.
      const capacity = Math.max((perSecond * (1 - share)) / (1 - noise), this.#min);
      const kept = Math.min(1, (retreat * capacity) / Math.max(perSecond, Number.MIN_VALUE));
      const expected = Math.max(noise, 1 - (1 - share) / kept);
      this.#left = { perSecond, judged, share, expected, isSecond: false };
      this.#begin({ capacity, seconds: 0 }, now);
    }
    this.#epochAt = now;
    this.#calls = { started: 0, served: 0, throttled: 0 };
    this.#isHeldBack = false;
  }

  /** Upwards only where the pace is below any limit, so that a limit is not learned as noise. */
  #learnNoise(share: number): void {
    const isBelow = this.#pace.capacity === undefined || this.#pace.seconds < returnSeconds;
    if (share < this.#noise || (isBelow && this.#noise > 0)) this.#noise += 0.3 * (share - this.#noise);
    if (this.#noise < 0.01) this.#noise = 0;
  }

  #begin(pace: Pace, now: number): void {
    this.#pace = { ...pace };
    this.#pacedAt = now;
    this.#tokens = Math.min(this.#tokens, 1);
  }
}
