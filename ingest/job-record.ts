import { randomUUID } from 'node:crypto';
import type { WriteResult } from '../domain/ingest.ts';
import type { Job } from '../domain/job.ts';
import type { RequestedChange } from './ingest.ts';

/** Where jobs are in the state store. */
export const jobCollection = 'jobs';
/** Where their changes are, until they have ended. */
export const changeCollection = 'job-changes';

/** A process that works at a job; nobody else does until its time has run out. */
export interface JobClaim {
  readonly owner: string;
  /** Of the wall clock. */
  readonly untilMs: number;
}

/** A job as stored; its change is stored apart, so that what is written often stays small. */
export interface JobRecord {
  readonly job: Omit<Job, 'result'> & {
    readonly result?: Omit<WriteResult, 'version'> & { readonly version: string };
  };
  readonly ifVersion?: string | null;
  /** The version under which the change is written, however often it is tried; its precondition held then. */
  readonly pinned?: string;
  readonly claim?: JobClaim;
}

let lastMs = 0;
let sameMs = 0;

/** Ids sort in the order in which this process made them, also when its clock is set back. */
export function nextJobId(): string {
  const nowMs = Date.now();
  sameMs = nowMs > lastMs ? 0 : sameMs + 1;
  lastMs = Math.max(lastMs, nowMs);
  return `${String(lastMs).padStart(15, '0')}-${String(sameMs).padStart(6, '0')}-${randomUUID()}`;
}

/** When the job was accepted. */
export function acceptedMsOf(jobId: string): number {
  return Number(jobId.slice(0, 15));
}

/** The job as callers are shown it. */
export function toJob({ job: { result, ...job } }: JobRecord): Job {
  return { ...job, ...(result !== undefined && { result: { ...result, version: BigInt(result.version) } }) };
}

/** The version that the change itself names. */
export function versionOf(change: RequestedChange): bigint | undefined {
  return change.operation === 'upsert' ? change.document.version : change.version;
}

/** The same change under a version. */
export function withVersion(change: RequestedChange, version: bigint): RequestedChange {
  return change.operation === 'upsert'
    ? { ...change, document: { ...change.document, version } }
    : { ...change, version };
}

/** As JSON, which knows neither bytes nor big integers. */
export function encodeChange(change: RequestedChange): unknown {
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

/** The reverse of `encodeChange`. */
export function decodeChange(encoded: unknown): RequestedChange {
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
