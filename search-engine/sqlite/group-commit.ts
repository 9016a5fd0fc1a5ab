import { type CarriedError, unpackError } from './engine-failure.ts';
import type { WriteOperations } from './operations.ts';
import type { PackedWrite } from './packed-write.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Replaces one document of a tenant; resolves when it is on the disk. */
export type Commit = (tenantId: string, write: PackedWrite) => Promise<void>;

interface Waiting {
  readonly write: PackedWrite;
  resolve(): void;
  reject(error: unknown): void;
}

/** Of one transaction, so that another tenant's write does not wait long. */
const maxWrites = 32;
const maxChunks = 1_000;

/**
 * Commits what is written to one tenant at the same time in one transaction: while one is on its way, what comes gathers
 * for the next. A commit waits for the disk, and many documents cost one wait.
 */
export function createGroupCommit(writer: WorkerPool<WriteOperations>): Commit {
  const lanes = new Map<string, Waiting[]>();

  const run = async (tenantId: string, lane: Waiting[]): Promise<void> => {
    while (lane.length > 0) {
      const group = takeGroup(lane);
      const writes = group.map(({ write }) => write);
      const transfer = writes.flatMap(({ chunks }) => (chunks === undefined ? [] : [chunks.vectors.buffer]));
      try {
        const failures = await writer.call('replaceAll', [tenantId, writes], {
          transfer,
          affinity: tenantId,
        });
        group.forEach(({ resolve, reject }, at) => {
          const failure: CarriedError | null = failures[at] ?? null;
          if (failure === null) resolve();
          else reject(unpackError(failure));
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    lanes.delete(tenantId);
  };

  return (tenantId, write) =>
    new Promise((resolve, reject) => {
      const waiting: Waiting = { write, resolve, reject };
      const lane = lanes.get(tenantId);
      if (lane !== undefined) {
        lane.push(waiting);
        return;
      }
      const first = [waiting];
      lanes.set(tenantId, first);
      void run(tenantId, first);
    });
}

function takeGroup(lane: Waiting[]): Waiting[] {
  let chunks = 0;
  let count = 0;
  while (count < lane.length && count < maxWrites) {
    const next = lane[count]!.write.chunks?.chunks.length ?? 0;
    if (count > 0 && chunks + next > maxChunks) break;
    chunks += next;
    count += 1;
  }
  return lane.splice(0, count);
}
