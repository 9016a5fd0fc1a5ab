/** A job that has not ended: all that is kept of it in memory. */
export interface WaitingJob {
  readonly tenantId: string;
  readonly documentId: string;
  readonly jobId: string;
}

/** The jobs that have not ended, in a line for each document of each tenant. */
export interface JobLines {
  /** Gives a job its place, by its id, behind what has started; false where it has one already. */
  place(job: WaitingJob): boolean;
  /** Lets a placed job start when it comes to the head of its line. */
  release(job: WaitingJob): void;
  /** Takes a job out of its line, whose next may start then. */
  end(job: WaitingJob): void;
  /** How many jobs of a tenant have not ended. */
  waiting(tenantId: string): number;
  /** How many jobs have not ended. */
  readonly size: number;
}

/** @param start is called once for a job, when all before it in its line have ended */
export function createJobLines(start: (job: WaitingJob) => void): JobLines {
  const lines = new Map<string, WaitingJob[]>();
  const states = new Map<string, 'placed' | 'released' | 'started'>();
  const counts = new Map<string, number>();

  const startHead = (line: readonly WaitingJob[]) => {
    const head = line[0];
    if (head === undefined || states.get(head.jobId) !== 'released') return;
    states.set(head.jobId, 'started');
    start(head);
  };

  return {
    place(job) {
      if (states.has(job.jobId)) return false;
      states.set(job.jobId, 'placed');
      counts.set(job.tenantId, (counts.get(job.tenantId) ?? 0) + 1);
      const line = lines.get(nameOf(job)) ?? [];
      lines.set(nameOf(job), line);
      const at = line.findLastIndex(({ jobId }) => jobId < job.jobId || states.get(jobId) === 'started');
      line.splice(at + 1, 0, job);
      return true;
    },

    release(job) {
      states.set(job.jobId, 'released');
      startHead(lines.get(nameOf(job)) ?? []);
    },

    end(job) {
      states.delete(job.jobId);
      const count = counts.get(job.tenantId)! - 1;
      if (count === 0) counts.delete(job.tenantId);
      else counts.set(job.tenantId, count);
      const line = lines.get(nameOf(job))!;
      line.splice(
        line.findIndex(({ jobId }) => jobId === job.jobId),
        1,
      );
      if (line.length === 0) lines.delete(nameOf(job));
      else startHead(line);
    },

    waiting: (tenantId) => counts.get(tenantId) ?? 0,
    get size() {
      return states.size;
    },
  };
}

function nameOf({ tenantId, documentId }: WaitingJob): string {
  return JSON.stringify([tenantId, documentId]);
}
