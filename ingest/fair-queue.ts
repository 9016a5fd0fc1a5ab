/** Runs work of many tenants a few at a time, each tenant in its turn. */
export interface FairQueue {
  /** Runs `work` when it is the tenant's turn; within a tenant in the order of the calls. */
  add(tenantId: string, work: () => Promise<void>): void;
  /** How much of a tenant's work has not begun. */
  waiting(tenantId: string): number;
  /** How much work has not begun. */
  readonly size: number;
  /** Forgets what has not begun. */
  clear(): void;
  /** Resolves when nothing runs and nothing waits. */
  onIdle(): Promise<void>;
}

/**
 * Makes a queue with a lane a tenant: whoever waits is served after at most one work of each other tenant, however much
 * another has queued.
 *
 * @param concurrency works that run at once
 */
export function createFairQueue(concurrency: number): FairQueue {
  // A map keeps its keys in order: the first lane is the next to be served, and goes to the end then.
  const lanes = new Map<string, (() => Promise<void>)[]>();
  let running = 0;
  let size = 0;
  let idle: (() => void)[] = [];

  const serve = () => {
    while (running < concurrency) {
      const next = lanes.entries().next();
      if (next.done) break;
      const [tenantId, lane] = next.value;
      lanes.delete(tenantId);
      const work = lane.shift()!;
      if (lane.length > 0) lanes.set(tenantId, lane);
      size -= 1;
      running += 1;
      void work().finally(() => {
        running -= 1;
        serve();
      });
    }
    if (running > 0 || size > 0) return;
    for (const resolve of idle) resolve();
    idle = [];
  };

  return {
    add(tenantId, work) {
      const lane = lanes.get(tenantId);
      if (lane === undefined) lanes.set(tenantId, [work]);
      else lane.push(work);
      size += 1;
      serve();
    },
    waiting: (tenantId) => lanes.get(tenantId)?.length ?? 0,
    get size() {
      return size;
    },
    clear() {
      lanes.clear();
      size = 0;
      serve();
    },
    onIdle: () =>
      running === 0 && size === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve)),
  };
}
