import { Overloaded } from './errors.ts';

/** What tenants share, and how much of it one may have. */
export interface TurnOptions {
  /** Works that run at once, of all tenants. */
  readonly atOnce: number;
  /** Of one tenant. @default all of them */
  readonly tenantAtOnce?: number | undefined;
  /** What one tenant may begin a second, in the cost of its works, after a second's worth at once. @default no limit */
  readonly tenantPerSecond?: number | undefined;
  /** What waits longer is refused. @default waits */
  readonly maxWaitMs?: number;
  /** For messages: `searches`. */
  readonly what: string;
}

/** Lets work of many tenants run a few at a time, each tenant in its turn. */
export interface TenantTurns {
  /**
   * Resolves when it is the tenant's turn; within a tenant in the order of the calls.
   * @param cost what it counts against the rate. @default 1
   * @returns gives the place back; to be called once
   * @throws {Overloaded} where its turn has not come within `maxWaitMs`; the reason of `signal` where that is aborted
   */
  enter(tenantId: string, signal?: AbortSignal, cost?: number): Promise<() => void>;
  /** Runs `work` in its turn. */
  run<T>(tenantId: string, work: () => Promise<T>, signal?: AbortSignal, cost?: number): Promise<T>;
}

interface Waiting {
  readonly cost: number;
  begin(): void;
}

/**
 * Makes turns with a lane a tenant: whoever comes first in its lane is served after at most one work of each other
 * tenant, however much another has waiting. Rates are held by the generic cell rate algorithm (ITU-T I.371), on a clock
 * that does not jump.
 */
export function createTenantTurns(options: TurnOptions): TenantTurns {
  const { atOnce, tenantAtOnce = atOnce, tenantPerSecond, maxWaitMs } = options;
  // A map keeps its keys in order: the first lane is the next to be served, and goes to the end then.
  const lanes = new Map<string, Waiting[]>();
  const running = new Map<string, number>();
  const paidUntil = new Map<string, number>();
  let total = 0;
  let timer: NodeJS.Timeout | undefined;

  /** Milliseconds until the tenant's rate lets it begin. */
  const holdMs = (tenantId: string, now: number): number =>
    tenantPerSecond === undefined ? 0 : (paidUntil.get(tenantId) ?? 0) - 1_000 - now;

  const pay = (tenantId: string, cost: number, now: number) => {
    if (tenantPerSecond === undefined) return;
    const from = Math.max(now, paidUntil.get(tenantId) ?? 0);
    paidUntil.set(tenantId, from + (cost * 1_000) / tenantPerSecond);
    if (paidUntil.size > 10_000) for (const [id, until] of paidUntil) if (until <= now) paidUntil.delete(id);
  };

  const serve = () => {
    clearTimeout(timer);
    timer = undefined;
    const now = performance.now();
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const [tenantId, lane] of lanes) {
      if (total >= atOnce) return;
      if ((running.get(tenantId) ?? 0) >= tenantAtOnce) continue;
      const wait = holdMs(tenantId, now);
      if (wait > 0) {
        soonestMs = Math.min(soonestMs, wait);
        continue;
      }
      const [next] = lane.splice(0, 1);
      // Behind the others, and met again by this loop when these have had their turn.
      lanes.delete(tenantId);
      if (lane.length > 0) lanes.set(tenantId, lane);
      running.set(tenantId, (running.get(tenantId) ?? 0) + 1);
      total += 1;
      pay(tenantId, next!.cost, now);
      next!.begin();
    }
    if (soonestMs < Number.POSITIVE_INFINITY) timer = setTimeout(serve, Math.ceil(soonestMs));
  };

  const leave = (tenantId: string) => {
    total -= 1;
    const left = (running.get(tenantId) ?? 1) - 1;
    if (left === 0) running.delete(tenantId);
    else running.set(tenantId, left);
    serve();
  };

  const turn = (tenantId: string, cost: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      let late: NodeJS.Timeout | undefined;
      const settle = () => {
        clearTimeout(late);
        signal?.removeEventListener('abort', abort);
      };
      const waiting: Waiting = {
        cost,
        begin() {
          settle();
          resolve();
        },
      };
      const giveUp = (reason: unknown) => {
        settle();
        const lane = lanes.get(tenantId)!;
        lane.splice(lane.indexOf(waiting), 1);
        if (lane.length === 0) lanes.delete(tenantId);
        reject(reason);
      };
      const abort = () => giveUp(signal!.reason);
      signal?.addEventListener('abort', abort, { once: true });
      if (maxWaitMs !== undefined) {
        late = setTimeout(() => {
          giveUp(
            new Overloaded(`Cannot begin within ${maxWaitMs} ms: too many ${options.what} are waiting`, 1),
          );
        }, maxWaitMs);
      }
      const lane = lanes.get(tenantId);
      if (lane === undefined) lanes.set(tenantId, [waiting]);
      else lane.push(waiting);
      serve();
    });

  const enter: TenantTurns['enter'] = async (tenantId, signal, cost = 1) => {
    signal?.throwIfAborted();
    await turn(tenantId, cost, signal);
    return () => leave(tenantId);
  };
  return {
    enter,
    async run(tenantId, work, signal, cost) {
      const leaveNow = await enter(tenantId, signal, cost);
      try {
        return await work();
      } finally {
        leaveNow();
      }
    },
  };
}
