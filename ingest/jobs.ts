import { NotFound, Overloaded } from '../domain/errors.ts';
import type { Job } from '../domain/job.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createFairQueue } from './fair-queue.ts';
import type { Ingest, RequestedChange } from './ingest.ts';
import { createJobLines, type WaitingJob } from './job-lines.ts';
import {
  changeCollection,
  encodeChange,
  type JobRecord,
  jobCollection,
  nextJobId,
  toJob,
} from './job-record.ts';
import { createRecoverJobs } from './recover-jobs.ts';
import { createRunJob } from './run-job.ts';

export interface Jobs {
  /** Stores the change and returns; it is applied later, also after a restart. @throws {Overloaded} */
  submit(scope: Scope, change: RequestedChange, ifVersion?: bigint | null): Promise<Job>;
  /** @throws {NotFound} */
  job(scope: Scope, jobId: string): Promise<Job>;
  /** Takes up what other processes left, and forgets what ended long ago; does so again each hour. */
  recover(): Promise<void>;
  /**
   * Finishes what runs; what waits stays stored.
   * @param graceMs after it, what still runs is broken off and stays queued. @default 8000
   */
  close(graceMs?: number): Promise<void>;
}

/** Of all tenants, and of one: what one has queued must leave room for the others. */
const maxWaiting = 1_000;
const maxWaitingOfTenant = 500;
const recoverEveryMs = 60 * 60 * 1000;
/** For what was broken off to let go of its job. */
const breakOffMs = 500;

/** Longer than a close takes, so that what runs then keeps its claim. */
const defaults = { claimMs: 15_000, retryDelayMs: 5_000 };

/**
 * A durable queue of changes in the state store. Changes of one document are applied one after another, as they were
 * accepted; those of different documents at once.
 *
 * A change is stored before it is accepted. The version that it gets is stored in its job before the change is written,
 * and the job is marked after: a crash in between applies the same event again, which versions make harmless. Processes
 * over one store keep out of each other's jobs by claims that run out.
 *
 * @param scopeOf makes the scope under which the jobs of a tenant run
 */
export function createJobs(
  ports: { readonly ingest: Ingest; readonly state: StateStore; readonly telemetry: Telemetry },
  scopeOf: (tenantId: string) => Scope,
  concurrency: number,
  timing: Partial<typeof defaults> = {},
): Jobs {
  const { state, telemetry } = ports;
  const { claimMs, retryDelayMs } = { ...defaults, ...timing };
  const queue = createFairQueue(concurrency);
  const timers = new Set<NodeJS.Timeout>();
  const breakOff = new AbortController();
  let closing: Promise<void> | undefined;
  let isClosing = false;

  const later = (delayMs: number, act: () => void): NodeJS.Timeout | undefined => {
    if (isClosing) return undefined;
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
    return timer;
  };

  const enqueue = (waiting: WaitingJob) => {
    if (!isClosing) queue.add(waiting.tenantId, () => run(waiting));
  };
  const lines = createJobLines(enqueue);
  const runJob = createRunJob(ports, claimMs, breakOff.signal);
  const recover = createRecoverJobs(
    state,
    scopeOf,
    () => isClosing,
    (waiting) => {
      if (lines.place(waiting)) lines.release(waiting);
    },
  );

  const run = async (waiting: WaitingJob): Promise<void> => {
    let againMs: number;
    try {
      againMs = await runJob(scopeOf(waiting.tenantId), waiting.jobId);
    } catch (error) {
      // The engine or a model is away, or another process was faster: the job stays queued, here and in the store.
      telemetry.log.warn({ error, jobId: waiting.jobId }, 'job waits');
      againMs = retryDelayMs;
    }
    if (againMs === 0) lines.end(waiting);
    else later(againMs, () => enqueue(waiting));
  };

  const recoverHourly = () => {
    later(recoverEveryMs, () => {
      recover()
        // The next hour tries again.
        .catch((error: unknown) => telemetry.log.warn({ error }, 'cannot look for jobs that were left'))
        .finally(recoverHourly);
    })?.unref();
  };

  return {
    async submit(scope, change, ifVersion) {
      requireRoom(lines.size, lines.waiting(scope.tenantId));
      const { operation } = change;
      const documentId = operation === 'upsert' ? change.document.documentId : change.documentId;
      const jobId = nextJobId();
      const waiting: WaitingJob = { tenantId: scope.tenantId, documentId, jobId };
      const record: JobRecord = {
        job: { jobId, state: 'queued', operation, documentId, createdAt: new Date().toISOString() },
        ...(ifVersion !== undefined && { ifVersion: ifVersion === null ? null : ifVersion.toString() }),
      };
      // Before anything is stored: what is accepted meanwhile counts, and comes after it.
      lines.place(waiting);
      try {
        await state.put(scope, changeCollection, jobId, encodeChange(change), null);
      } catch (error) {
        lines.end(waiting);
        throw error;
      }
      try {
        await state.put(scope, jobCollection, jobId, record, null);
      } finally {
        // Also where it failed, since the answer may have been lost: a job that is stored has its turn now, before what
        // is accepted next, and not over it an hour later; one that is not stored ends at once.
        lines.release(waiting);
      }
      return toJob(record);
    },

    async job(scope, jobId) {
      const entry = await state.get(scope, jobCollection, jobId);
      if (entry === undefined) throw new NotFound(`There is no job ${JSON.stringify(jobId)}`);
      return toJob(entry.value as JobRecord);
    },

    async recover() {
      await recover();
      recoverHourly();
    },

    close(graceMs = 8_000) {
      isClosing = true;
      closing ??= (async () => {
        for (const timer of timers) clearTimeout(timer);
        queue.clear();
        if (await endsWithin(queue.onIdle(), graceMs)) return;
        breakOff.abort();
        await endsWithin(queue.onIdle(), breakOffMs);
      })();
      return closing;
    },
  };
}

/** @throws {Overloaded} */
function requireRoom(waiting: number, waitingOfTenant: number): void {
  if (waiting >= maxWaiting) {
    throw new Overloaded(`Cannot accept the change: ${maxWaiting} jobs are waiting`, 5);
  }
  if (waitingOfTenant >= maxWaitingOfTenant) {
    throw new Overloaded(`Cannot accept the change: ${maxWaitingOfTenant} jobs of the tenant are waiting`, 5);
  }
}

async function endsWithin(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([work.then(() => true), timeIsOver]);
  } finally {
    clearTimeout(timer);
  }
}
