import { RevisionConflict } from '../domain/errors.ts';
import type { JobRecord } from './job-record.ts';

/** Another process has the job now. Not a conflict of revisions, which an ingest would try again. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

/** A job that this process has claimed. Its writes go one after another, each on the revision of the one before. */
export interface ClaimedJob {
  readonly record: JobRecord;
  /** Claims it for longer. @throws {ClaimLost} */
  renew(): Promise<void>;
  /** Settles the version under which the change is written, before it is. @throws {ClaimLost} */
  pin(version: bigint): Promise<void>;
  /** Stores how it ended, or leaves it to others where `job` is absent. @throws {ClaimLost} */
  end(job?: JobRecord['job']): Promise<void>;
}

/** For how long another process has claimed the job; 0 where nobody else has. */
export function claimedForMs({ claim }: JobRecord, owner: string): number {
  return claim === undefined || claim.owner === owner ? 0 : Math.max(0, claim.untilMs - Date.now());
}

/**
 * Claims a job that nobody else has.
 *
 * @param put compares the revision and sets the record
 * @throws {ClaimLost} where another process was faster
 */
export async function claimJob(
  stored: { readonly record: JobRecord; readonly revision: string },
  put: (record: JobRecord, expected: string) => Promise<string>,
  { owner, claimMs }: { readonly owner: string; readonly claimMs: number },
): Promise<ClaimedJob> {
  let { record, revision } = stored;
  let last: Promise<void> = Promise.resolve();
  let isEnded = false;

  const update = (change: () => JobRecord): Promise<void> => {
    const write = last.then(async () => {
      const changed = change();
      revision = await put(changed, revision).catch((error: unknown) => {
        throw error instanceof RevisionConflict ? new ClaimLost(error.message, { cause: error }) : error;
      });
      record = changed;
    });
    // Whoever asked for it is told; the write after it meets what is stored.
    last = write.catch(() => {});
    return write;
  };
  const claimed = (): JobRecord => ({ ...record, claim: { owner, untilMs: Date.now() + claimMs } });

  await update(claimed);
  return {
    get record() {
      return record;
    },
    async renew() {
      if (!isEnded) await update(claimed);
    },
    async pin(version) {
      const pinned = version.toString();
      if (record.pinned !== pinned) await update(() => ({ ...claimed(), pinned }));
    },
    async end(job) {
      isEnded = true;
      await update(() => {
        const { claim: _, ...rest } = record;
        return { ...rest, ...(job !== undefined && { job }) };
      });
    },
  };
}
