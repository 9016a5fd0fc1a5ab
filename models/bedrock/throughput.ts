import { evidenceAgainstLimit, type Observation } from './limit-evidence.ts';

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
/** Or as soon as so many calls in so long are throttled, and this share of all: what goes on is what a limit refuses. */
const plainCalls = 6;
const plainMs = 150;
const plainShare = 0.05;
/** A share is taken from the first throttled call on where at least so many ended since. */
const sinceCalls = 10;
/** More throttled calls than this share, over those that come at any pace, mean that a limit is met. */
const tolerance = 0.03;
/** Standard deviations by which chance may explain a share, and one that comes at any pace. */
const chance = 1;
const chanceOfNoise = 3;
/** After a limit is met: this share of what it let through; less where some are throttled at any pace, so that a limit that was taken for that shows. */
const retreat = 0.9;
const retreatInNoise = 0.7;
/** Where a retreat did not help: this share of its pace, for at least so many calls, to see whether any would. */
const secondRetreat = 0.5;
const secondRetreatCalls = 20;
/** Evidence (the logarithm of a likelihood ratio) that is needed for a limit at once, and at the second retreat. */
const evidence = 2;
/** Seconds from a retreat until the pace is back at what the limit let through. */
const returnSeconds = 4;
/** A burst of at most this many milliseconds' calls. */
const burstMs = 50;
/** A pace of which less than this share was used proves nothing. */
const used = 0.7;
/** What is known of noise rests on so many calls at most, so that it follows what changes. */
const maxNoiseCalls = 400;

interface Pace {
  /** What the limit lets through; undefined while none was met. */
  readonly capacity: number | undefined;
  /** Seconds of being held back since the pace began. */
  seconds: number;
}

/** What was seen before a retreat that may not have helped. */
interface Retreat {
  readonly seen: Observation;
  /** The pace to go back to where it did not. */
  readonly perSecond: number;
  readonly isSecond: boolean;
}

/**
 * Finds how many calls a second a service takes from nothing but which calls it throttled. Pure: time is given.
 *
 * While no limit is met the pace doubles each second. A limit shows as a share of throttled calls beyond what comes at
 * any pace; what it lets through from the first throttled call on is its capacity (what came before may have been saved
 * up). The pace then retreats to 90 % of that, returns along a cubic curve that lingers at the capacity and, where
 * nothing is throttled, leaves it faster and faster (the curve of CUBIC, RFC 9438, scaled to the capacity). Throttling
 * that a retreat does not end is looked at once more at half the pace. Where "this share comes at any pace" explains
 * what was seen better than a limit does, it is noise of the service: that share no longer counts, and the pace doubles
 * again from where it was.
 */
export class Throughput {
  readonly #start: number;
  readonly #min: number;
  readonly #max: number;
  #pace: Pace = { capacity: undefined, seconds: 0 };
  /** Share of calls that is throttled at any pace. */
  #noise = 0;
  /** Calls that this rests on. */
  #noiseCalls = 0;
  #left: Retreat | undefined;
  #tokens = 1;
  #filledAt: number;
  #epochAt: number;
  #pacedAt: number;
  #calls = { started: 0, served: 0, throttled: 0 };
  /** Those of them that ended since the first throttled one. */
  #since = { served: 0, throttled: 0 };
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
        : capacity * (1 + (1 - this.#retreat) * ((seconds - returnSeconds) / returnSeconds) ** 3);
    return Math.min(this.#max, Math.max(this.#min, pace));
  }

  get #retreat(): number {
    return this.#noise > 0 ? retreatInNoise : retreat;
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
    if (startedAt >= this.#pacedAt && end !== 'other') {
      if (this.#calls.throttled > 0) this.#since[end] += 1;
      this.#calls[end] += 1;
    }
    this.#judge(now);
  }

  #fill(now: number): void {
    const most = Math.max(1, (this.perSecond * burstMs) / 1_000);
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#filledAt) / 1_000) * this.perSecond);
    this.#filledAt = now;
  }

  #judge(now: number): void {
    const elapsedMs = now - this.#epochAt;
    const { started, served, throttled } = this.#calls;
    const seen: Observation = {
      perSecond: started / (elapsedMs / 1_000),
      judged: served + throttled,
      throttled,
    };
    if (!this.#isEnough(seen, elapsedMs)) return;
    const left = this.#left;
    if (!this.#isOver(seen)) {
      this.#left = undefined;
      this.#learnNoise(throttled / seen.judged, seen.judged);
      if (this.#isHeldBack && seen.perSecond > used * this.perSecond) this.#pace.seconds += elapsedMs / 1_000;
    } else if (left === undefined) {
      this.#meetLimit(seen, now);
    } else {
      const against = evidenceAgainstLimit(left.seen, seen, this.#noise);
      if (against < -evidence) this.#meetLimit(seen, now);
      else if (left.isSecond) this.#acceptNoise(left, seen, now);
      else {
        // A limit that falls while it is measured looks like noise; at a much slower pace it does not.
        const capacity = (seen.perSecond * secondRetreat) / this.#retreat;
        this.#left = { seen, perSecond: left.perSecond, isSecond: true };
        this.#begin({ capacity: Math.max(capacity, this.#min), seconds: 0 }, now);
      }
    }
    this.#epochAt = now;
    this.#calls = { started: 0, served: 0, throttled: 0 };
    this.#since = { served: 0, throttled: 0 };
    this.#isHeldBack = false;
  }

  #isEnough({ judged, throttled }: Observation, elapsedMs: number): boolean {
    const left = this.#left;
    const since = this.#since.served + this.#since.throttled;
    if (this.#noise === 0 && left === undefined && elapsedMs >= plainMs && since >= sinceCalls) {
      if (throttled >= plainCalls && throttled / judged > plainShare) return true;
    }
    if (elapsedMs < epochMs || judged === 0) return false;
    if (elapsedMs >= longestEpochMs) return true;
    if (left !== undefined && throttled > 0) {
      if (!this.#isOver({ perSecond: 0, judged, throttled })) return judged >= epochCallsWhereUnsure;
      if (left.isSecond) return judged >= secondRetreatCalls;
    }
    return judged >= (this.#noise > 0 ? epochCallsWhereUnsure : epochCalls);
  }

  /** More is throttled than comes at any pace, and than chance explains. */
  #isOver({ judged, throttled }: Observation): boolean {
    const noise = this.#noise;
    if (noise > 0) {
      const deviation = Math.sqrt(noise * (1 - noise) * (1 / judged + 1 / this.#noiseCalls));
      return throttled / judged > noise + Math.max(tolerance, chanceOfNoise * deviation);
    }
    // After a retreat what is left is weighed, not only counted.
    if (this.#left !== undefined) return throttled > judged * tolerance;
    const deviation = Math.sqrt(judged * tolerance * (1 - tolerance));
    return throttled > judged * tolerance + chance * deviation;
  }

  #meetLimit(seen: Observation, now: number): void {
    const since = this.#since.served + this.#since.throttled;
    const isSince = since >= sinceCalls && this.#since.throttled / since > seen.throttled / seen.judged;
    const judged = isSince ? since : seen.judged;
    const throttled = isSince ? this.#since.throttled : seen.throttled;
    // Of what was started, not of what has ended: a slow service lets through as much as a fast one.
    const capacity = (seen.perSecond * (1 - throttled / judged)) / (1 - this.#noise);
    this.#left = {
      seen: { perSecond: seen.perSecond, judged, throttled },
      perSecond: seen.perSecond,
      isSecond: false,
    };
    this.#begin({ capacity: Math.max(capacity, this.#min), seconds: 0 }, now);
  }

  #acceptNoise({ seen, perSecond }: Retreat, now: Observation, at: number): void {
    this.#noiseCalls = seen.judged + now.judged;
    this.#noise = Math.min(0.9, (seen.throttled + now.throttled) / this.#noiseCalls);
    this.#left = undefined;
    // Whether there is a limit, and where, is open again.
    this.#begin({ capacity: undefined, seconds: Math.max(0, Math.log2(perSecond / this.#start)) }, at);
  }

  /** Upwards only where the pace is below any limit, so that a limit is not learned as noise; downwards at once. */
  #learnNoise(share: number, judged: number): void {
    const noise = this.#noise;
    if (noise === 0) return;
    const isBelow = this.#pace.capacity === undefined || this.#pace.seconds < returnSeconds;
    if (share < noise - 2 * Math.sqrt((noise * (1 - noise)) / judged)) {
      this.#noise = share;
      this.#noiseCalls = judged;
    } else if (share < noise || isBelow) {
      this.#noiseCalls = Math.min(maxNoiseCalls, this.#noiseCalls + judged);
      this.#noise += (judged / this.#noiseCalls) * (share - noise);
    }
    if (this.#noise < 0.01) this.#noise = 0;
  }

  #begin(pace: Pace, now: number): void {
    this.#pace = { ...pace };
    this.#pacedAt = now;
    this.#tokens = Math.min(this.#tokens, 1);
  }
}
