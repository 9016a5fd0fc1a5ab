import { randomUUID } from 'node:crypto';
import { BraidError, EngineUnavailable, ModelRefused, ModelUnavailable } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Ingest } from './ingest.ts';
import { type ClaimedJob, ClaimLost, claimedForMs, claimJob } from './job-claim.ts';
import {
  changeCollection,
  decodeChange,
  type JobRecord,
  jobCollection,
  versionOf,
  withVersion,
} from './job-record.ts';

/**
 * Runs one job, if it is queued and no other process has it.
 * @returns the milliseconds after which to look at it again; 0: it has ended
 * @throws what lets it be tried again later
 */
export type RunJob = (scope: Scope, jobId: string) => Promise<number>;

/** @param signal breaks off what runs, which stays queued */
export function createRunJob(
  ports: { readonly ingest: Ingest; readonly state: StateStore; readonly telemetry: Telemetry },
  claimMs: number,
  signal: AbortSignal,
): RunJob {
  const { ingest, state, telemetry } = ports;
  const owner = randomUUID();

  const apply = async (scope: Scope, claimed: ClaimedJob): Promise<JobRecord['job']> => {
    const { job, ifVersion, pinned } = claimed.record;
    const expected = ifVersion === undefined || ifVersion === null ? ifVersion : BigInt(ifVersion);
    try {
      const stored = await state.get(scope, changeCollection, job.jobId);
      if (stored === undefined) throw new Error('Cannot apply the job: its change is not stored');
      const change = decodeChange(stored.value);
      const version = pinned === undefined ? versionOf(change) : BigInt(pinned);
      const result = await ingest(
        scope,
        version === undefined ? change : withVersion(change, version),
        // It held when the version was pinned; it does no more where the change was written then.
        pinned === undefined ? expected : undefined,
        signal,
        (next) => claimed.pin(version ?? next),
      );
      return {
        ...job,
        state: 'done',
        finishedAt: now(),
        result: { ...result, version: `${result.version}` },
      };
    } catch (error) {
      if (signal.aborted || isPassing(error)) throw error;
      const isKnown = error instanceof BraidError;
      if (!isKnown) telemetry.log.error({ error, jobId: job.jobId }, 'a job failed by an unexpected error');
      const { code, message } = isKnown ? error : { code: 'internal', message: 'an internal error' };
      return { ...job, state: 'failed', finishedAt: now(), error: { code, message } };
    }
  };

  return async (scope, jobId) => {
    const entry = await state.get(scope, jobCollection, jobId);
    // Gone with its tenant, which must not come back by it.
    if (entry === undefined) return 0;
    const record = entry.value as JobRecord;
    if (record.job.state !== 'queued') return 0;
    const othersMs = claimedForMs(record, owner);
    if (othersMs > 0) return othersMs;
    const claimed = await claimJob(
      { record, revision: entry.revision },
      (next, expected) => state.put(scope, jobCollection, jobId, next, expected),
      { owner, claimMs },
    );
    const stopRenewing = keepRenewing(claimed, claimMs, signal, telemetry);
    try {
      await claimed.end(await apply(scope, claimed));
    } catch (error) {
      if (signal.aborted) await claimed.end();
      throw error;
    } finally {
      stopRenewing();
    }
    await state.remove(scope, changeCollection, jobId);
    return 0;
  };
}

/** Renews a claim well before it runs out. */
function keepRenewing(
  claimed: ClaimedJob,
  claimMs: number,
  signal: AbortSignal,
  { log }: Telemetry,
): () => void {
  const timer = setInterval(() => {
    claimed.renew().catch((error: unknown) => {
      // A claim that is lost shows when the job is pinned or ends; a store that is away may be back by the next time.
      log.warn({ error, jobId: claimed.record.job.jobId }, 'cannot renew the claim on a job');
    });
  }, claimMs / 3);
  const stop = () => clearInterval(timer);
  signal.addEventListener('abort', stop, { once: true });
  return () => {
    stop();
    signal.removeEventListener('abort', stop);
  };
}

/** True for what lets a job be tried again as it is; one that a model refuses waits for whoever mends the access. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof EngineUnavailable ||
    error instanceof ModelUnavailable ||
    error instanceof ClaimLost ||
    (error instanceof ModelRefused && !error.concernsTextOnly)
  );
}

function now(): string {
  return new Date().toISOString();
}
