import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { EngineUnavailable, ModelUnavailable, RevisionConflict } from '../domain/errors.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { isPassingFailure } from './feed-object.ts';

/** Does a piece of work again, with back-off, for as long as the engine, a model or a store of objects is away. */
export type Patience = <T>(work: () => Promise<T>) => Promise<T>;

export interface PatienceOptions {
  /** @default without end */
  readonly maxAttempts?: number;
  readonly signal?: AbortSignal;
  /** Told why it waits, and with undefined when it goes on. */
  readonly onWait?: (reason: string | undefined) => void;
  readonly telemetry: Telemetry;
}

/** True for what may succeed later without any change to the event. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof EngineUnavailable ||
    error instanceof ModelUnavailable ||
    error instanceof RevisionConflict ||
    isPassingFailure(error)
  );
}

/** Waits 0.1 s, doubling to 10 s. */
export function createPatience(options: PatienceOptions): Patience {
  const { maxAttempts = Number.POSITIVE_INFINITY, signal, onWait, telemetry } = options;
  const policy = retry(handleWhen(isPassing), {
    maxAttempts,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 10_000 }),
  });
  policy.onRetry((event) => {
    const reason = 'error' in event ? event.error.message : 'no answer';
    telemetry.log.warn({ attempt: event.attempt, delayMs: Math.round(event.delay), reason }, 'feed waits');
    onWait?.(reason);
  });
  policy.onSuccess(() => onWait?.(undefined));
  return (work) => policy.execute(work, signal);
}
