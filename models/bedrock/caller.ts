import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { type BraidError, ModelUnavailable } from '../../domain/errors.ts';
import { TimedOut, withinTime } from '../../domain/within-time.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { ModelCall } from '../model-call.ts';
import { explainFailure } from './failure.ts';
import { createPace, type Turn } from './pace.ts';

/** Makes one call of a model as often as it takes and may; `attempt` is given the signal that ends it. */
export type Caller = <T>(call: ModelCall, attempt: (signal: AbortSignal) => Promise<T>) => Promise<T>;

export interface CallerOptions {
  readonly model: string;
  /** For messages: `embed`, `rerank`, `answer`. */
  readonly doing: string;
  /** Silence after which a call has failed. */
  readonly timeoutMs: number;
  readonly maxCallsAtOnce: number;
  readonly telemetry: Telemetry;
}

/** Calls for one user request: the first and two more. */
const maxUrgentCalls = 3;
/** Failures of one call in the background, throttling not counted: about 7 s of back-off. */
const maxFailures = 8;
/** A service that throttles one and the same call for longer than this serves nobody. */
const maxThrottledMs = 5 * 60_000;
/** Failures in a row after which nothing is tried for a while. */
const failuresThatOpen = 5;
const openMs = 2_000;
/** Work in the background waits so long for a model that fails to come back. */
const maxOpenMs = 30_000;

/**
 * Decides in one place how often a model is called. What cannot succeed is not tried again. A request that somebody waits
 * for costs at most three calls of a failing model, within its deadline and its budget; work in the background goes on
 * until the service has recovered, and slows down as it throttles. A model that fails five times in a row is left alone
 * for two seconds at a time.
 *
 * @throws {ModelUnavailable} {ModelRefused} the signal's reason
 */
export function createCaller(options: CallerOptions): Caller {
  const { model, doing, timeoutMs, telemetry } = options;
  const explain = (error: unknown) =>
    explainFailure(
      error instanceof TimedOut ? Object.assign(new Error(error.message), { name: 'TimeoutError' }) : error,
      model,
      doing,
    );
  const pace = createPace(options.maxCallsAtOnce);
  const breaker = circuitBreaker(
    // A trial whose caller left has shown nothing, and must not count as a success.
    handleWhen((error) =>
      error instanceof Left ? breaker.state === CircuitState.HalfOpen : explain(error).kind === 'passing',
    ),
    { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(failuresThatOpen) },
  );
  breaker.onBreak(() => telemetry.log.warn({ model }, 'a model fails, and is left alone for a while'));
  breaker.onReset(() => telemetry.log.info({ model }, 'a model is back'));

  /** Undefined where the deadline comes first. */
  const turnBefore = async (
    deadline: number,
    isUrgent: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Turn | undefined> => {
    if (deadline === Number.POSITIVE_INFINITY) return pace.turn(isUrgent, signal);
    const left = deadline - performance.now();
    if (left <= 0) return undefined;
    return withinTime(left, signal, (waiting) => pace.turn(isUrgent, waiting)).catch((error: unknown) => {
      if (error instanceof TimedOut) return undefined;
      throw error;
    });
  };

  return async (call, attempt) => {
    const { signal, deadline = Number.POSITIVE_INFINITY, failureBudget } = call;
    const isUrgent = failureBudget !== undefined;
    const startedAt = performance.now();
    let failures = 0;
    let openSince: number | undefined;
    let earlier: BraidError | undefined;
    for (let calls = 1; ; calls += 1) {
      signal?.throwIfAborted();
      if (failureBudget !== undefined && failureBudget.left <= 0) {
        throw new ModelUnavailable(`Cannot ${doing} with ${model}: models failed too often for this request`);
      }
      const turn = await turnBefore(deadline, isUrgent, signal);
      const left = Math.min(timeoutMs, deadline - performance.now());
      if (turn === undefined || left <= 0) {
        turn?.end('other');
        throw (
          earlier ??
          new ModelUnavailable(
            `Cannot ${doing} with ${model}: its time was over before the call could be made`,
          )
        );
      }
      try {
        // One call tries whether the model is back; the others do not wait for what it finds.
        if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
        const value = await breaker.execute(() =>
          withinTime(left, signal, attempt).catch((error: unknown) => {
            if (signal?.aborted) throw new Left();
            throw error;
          }),
        );
        turn.end('served');
        return value;
      } catch (error) {
        if (signal?.aborted) {
          turn.end('other');
          throw signal.reason;
        }
        if (error instanceof BrokenCircuitError) {
          turn.end('other');
          openSince ??= performance.now();
          const waited = performance.now() - openSince;
          if (isUrgent || waited > maxOpenMs || performance.now() + openMs / 4 >= deadline) {
            throw new ModelUnavailable(
              `Cannot ${doing} with ${model}: its last calls failed, and it is left alone for a moment`,
              { cause: error },
            );
          }
          await pause(openMs / 4, signal);
          continue;
        }
        const failure = explain(error);
        turn.end(failure.kind === 'throttled' ? 'throttled' : 'other');
        if (failureBudget !== undefined) failureBudget.left -= 1;
        if (failure.kind === 'final') throw failure.error;
        if (failure.kind === 'passing') failures += 1;
        const isSpent = isUrgent
          ? calls >= maxUrgentCalls || failureBudget.left <= 0
          : failures >= maxFailures || performance.now() - startedAt > maxThrottledMs;
        const waitMs = backOffMs(isUrgent ? calls : Math.max(1, failures), isUrgent);
        // A try that the deadline cut short says nothing; what ended the one before it does.
        const isCutShort = error instanceof TimedOut && error.timeoutMs < timeoutMs;
        const told = (isCutShort ? earlier : undefined) ?? failure.error;
        if (isSpent || performance.now() + waitMs >= deadline) throw told;
        earlier = failure.error;
        telemetry.log.debug({ model, kind: failure.kind, calls }, 'a model call is made again');
        await pause(waitMs, signal);
      }
    }
  };
}

/** The caller has gone: no failure of the model. */
class Left extends Error {}

/** 50 ms doubling for who waits, 100 ms doubling to 2 s in the background; between half and all of it, by chance. */
function backOffMs(failures: number, isUrgent: boolean): number {
  const full = isUrgent ? 50 * 2 ** (failures - 1) : Math.min(2_000, 100 * 2 ** (failures - 1));
  return full * (0.5 + Math.random() / 2);
}

/** @throws the signal's reason */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal && { signal }).catch((error: unknown) => {
    throw signal?.aborted ? signal.reason : error;
  });
}
