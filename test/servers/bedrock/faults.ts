import { createRandom } from '../../../benchmarks/statistics/seeded-random.ts';
import type { SeenRequest } from './bedrock.ts';
import type { ServiceErrorType } from './service-error.ts';

/** What goes wrong with one request. */
export type Fault =
  /** Refused with this error; `message` says what Bedrock would. */
  | { readonly kind: 'error'; readonly type: ServiceErrorType; readonly message?: string }
  /** The connection drops, before the reply or (`afterBytes`) within it. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** Never answered. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** The reply's stream is cut after so many frames, without an end. */
  | { readonly kind: 'cut'; readonly afterFrames: number }
  /** The reply's stream ends after so many frames as if it were whole. */
  | { readonly kind: 'end'; readonly afterFrames: number }
  /** The reply's stream goes silent after so many frames. */
  | { readonly kind: 'stall'; readonly afterFrames: number }
  /** An exception comes in the stream after so many frames. */
  | { readonly kind: 'exception'; readonly afterFrames: number; readonly type: string };

/** Chooses what goes wrong with a request, if anything. */
export type Faults = (request: SeenRequest) => Fault | undefined;

/** Throttles a share of requests and drops the connection of another, chosen by a seed: the same each run. */
export function storm(options: {
  readonly throttled?: number;
  readonly dropped?: number;
  readonly failed?: number;
  readonly seed?: number;
}): Faults {
  const { throttled = 0, dropped = 0, failed = 0, seed = 1 } = options;
  const random = createRandom(seed);
  return () => {
    const drawn = random();
    if (drawn < throttled) return { kind: 'error', type: 'ThrottlingException' };
    if (drawn < throttled + dropped) return { kind: 'reset', when: random() < 0.5 ? 'before' : 'after' };
    if (drawn < throttled + dropped + failed) return { kind: 'error', type: 'InternalServerException' };
    return undefined;
  };
}

/** Lets so many requests a second through, as a bucket of one second (Bedrock counts over a minute), and throttles the rest. */
export function rateLimit(perSecond: () => number): Faults {
  let tokens = perSecond();
  let filledAt = performance.now();
  return () => {
    const now = performance.now();
    const rate = perSecond();
    tokens = Math.min(Math.max(2, rate), tokens + ((now - filledAt) / 1000) * rate);
    filledAt = now;
    if (tokens < 1) {
      return {
        kind: 'error',
        type: 'ThrottlingException',
        message: 'Too many requests, please wait before trying again.',
      };
    }
    tokens -= 1;
    return undefined;
  };
}

/** Goes through faults one by one, a request each; after the last one nothing goes wrong. */
export function inTurn(...faults: readonly (Fault | undefined)[]): Faults {
  let next = 0;
  return () => {
    const fault = faults[next];
    next += 1;
    return fault;
  };
}

/** The first fault that any of them chooses. */
export function anyOf(...choices: readonly Faults[]): Faults {
  return (request) => {
    for (const choose of choices) {
      const fault = choose(request);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}
