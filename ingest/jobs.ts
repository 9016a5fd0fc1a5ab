import { randomUUID } from 'node:crypto';
import PQueue from 'p-queue';
import { BraidError, EngineUnavailable, ModelUnavailable, NotFound, Overloaded } from '../domain/errors.ts';
import type { WriteResult } from '../domain/ingest.ts';
import type { Job } from '../domain/job.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Ingest, RequestedChange } from './ingest.ts';

export interface Jobs {
  /** Stores the change and returns; it is applied later, also after a restart. @throws {Overloaded} */
  submit(scope: Scope, change: RequestedChange, ifVersion?: bigint | null): Promise<Job>;
  /** @throws {NotFound} */
  job(scope: Scope, jobId: string): Promise<Job>;
  /** Takes up what an earlier process left, and forgets what ended long ago. */
  recover(): Promise<void>;
  /** Finishes what runs; what waits stays stored. */
  close(): Promise<void>;
}

const collection = 'jobs';
const maxWaiting = 1_000;
const keptMs = 24 * 60 * 60 * 1000;
const retryDelayMs = 5_000;

/** As stored: the job, and what it needs until it has ended. */
interface StoredJob {
  readonly job: Omit<Job, 'result'> & {
    readonly result?: Omit<WriteResult, 'version'> & { readonly version: string };
  };
  readonly change?: unknown;
  readonly ifVersion?: string | null;
}

/**
 * A durable queue of changes in the state store. A change is stored before it is accepted, and its job is marked only
 * after the change is stored in the engine: a crash in between applies it again, which versions make harmless.
 *
 * @param scopeOf makes the scope under which a job of a tenant goes on after a restart
 */
export function createJobs(
  ports: { readonly ingest: Ingest; readonly state: StateStore; readonly telemetry: Telemetry },
  scopeOf: (tenantId: string) => Scope,
  concurrency: number,
): Jobs {
  const { ingest, state, telemetry } = ports;
  const queue = new PQueue({ concurrency });
  const timers = new Set<NodeJS.Timeout>();
  let isClosed = false;

  const enqueue = (scope: Scope, stored: StoredJob) => {
    void queue.add(() => run(scope, stored));
  };

  const run = async (scope: Scope, stored: StoredJob): Promise<void> => {
    if (isClosed) return;
    try {
      const ended = await attempt(ingest, scope, stored);
      await state.put(scope, collection, stored.job.jobId, ended satisfies StoredJob);
    } catch (error) {
      // The engine or a model is away: the job stays queued, here and in the store.
      telemetry.log.warn({ jobId: stored.job.jobId, reason: messageOf(error) }, 'job waits');
      const timer = setTimeout(() => {
        timers.delete(timer);
        enqueue(scope, stored);
      }, retryDelayMs);
      timers.add(timer);
    }
  };

  return {
    async submit(scope, change, ifVersion) {
      if (queue.size + timers.size >= maxWaiting) {
        throw new Overloaded(`Cannot accept the change: ${maxWaiting} jobs are waiting`, 5);
      }
      const documentId = change.operation === 'upsert' ? change.document.documentId : change.documentId;
      const job: StoredJob['job'] = {
        jobId: randomUUID(),
        state: 'queued',
        operation: change.operation,
        documentId,
        createdAt: new Date().toISOString(),
      };
      const stored: StoredJob = {
        job,
        change: encodeChange(change),
        ...(ifVersion !== undefined && { ifVersion: ifVersion === null ? null : ifVersion.toString() }),
      };
      await state.put(scope, collection, job.jobId, stored, null);
      enqueue(scope, stored);
      return toJob(stored);
    },

    async job(scope, jobId) {
      const entry = await state.get(scope, collection, jobId);
      if (entry === undefined) throw new NotFound(`There is no job ${JSON.stringify(jobId)}`);
      const { result, ...job } = (entry.value as StoredJob).job;
      return {
        ...job,
        ...(result !== undefined && { result: { ...result, version: BigInt(result.version) } }),
      };
    },

    async recover() {
      for (let after: string | undefined; ; ) {
        const entries = await state.list('all', collection, {
          limit: 500,
          ...(after !== undefined && { after }),
        });
        for (const { tenantId, key, value } of entries) {
          if (tenantId === undefined) continue;
          const stored = value as StoredJob;
          if (stored.job.state === 'queued') enqueue(scopeOf(tenantId), stored);
          else if (Date.now() - Date.parse(stored.job.finishedAt ?? '') > keptMs) {
            await state.remove(scopeOf(tenantId), collection, key);
          }
        }
        if (entries.length < 500) return;
        after = entries.at(-1)!.key;
      }
    },

    async close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      queue.clear();
      await queue.onIdle();
    },
  };
}

function toJob({ job: { result, ...job } }: StoredJob): Job {
  return { ...job, ...(result !== undefined && { result: { ...result, version: BigInt(result.version) } }) };
}

/** @throws {EngineUnavailable} {ModelUnavailable} when the job should be tried again later */
async function attempt(ingest: Ingest, scope: Scope, stored: StoredJob): Promise<StoredJob> {
  const finished = { ...stored.job, finishedAt: '' };
  try {
    const ifVersion =
      stored.ifVersion === undefined || stored.ifVersion === null
        ? stored.ifVersion
        : BigInt(stored.ifVersion);
    const result = await ingest(scope, decodeChange(stored.change), ifVersion);
    return {
      job: {
        ...finished,
        state: 'done',
        finishedAt: now(),
        result: { ...result, version: result.version.toString() },
      },
    };
  } catch (error) {
    if (error instanceof EngineUnavailable || error instanceof ModelUnavailable) throw error;
    const code = error instanceof BraidError ? error.code : 'internal';
    return {
      job: { ...finished, state: 'failed', finishedAt: now(), error: { code, message: messageOf(error) } },
    };
  }
}

function now(): string {
  return new Date().toISOString();
}

function messageOf(error: unknown): string {
  return error instanceof BraidError ? error.message : 'an internal error';
}

/** JSON knows neither bytes nor big integers. */
function encodeChange(change: RequestedChange): unknown {
  if (change.operation !== 'upsert') return { ...change, version: change.version?.toString() };
  const { content, version, ...rest } = change.document;
  return {
    operation: 'upsert',
    document: {
      ...rest,
      version: version?.toString(),
      content: typeof content === 'string' ? content : { base64: Buffer.from(content).toString('base64') },
    },
  };
}

function decodeChange(encoded: unknown): RequestedChange {
  const change = encoded as Record<string, unknown> & { operation: string };
  if (change.operation !== 'upsert') {
    const { version, ...rest } = change as Record<string, unknown>;
    return { ...rest, ...(typeof version === 'string' && { version: BigInt(version) }) } as RequestedChange;
  }
  const { content, version, ...rest } = change.document as Record<string, unknown>;
  const bytes =
    typeof content === 'string' ? content : Buffer.from((content as { base64: string }).base64, 'base64');
  return {
    operation: 'upsert',
    document: { ...rest, content: bytes, ...(typeof version === 'string' && { version: BigInt(version) }) },
  } as RequestedChange;
}
