import { type CallEnd, Throughput, type ThroughputOptions } from './throughput.ts';

/** The right to make one call; `end` gives it back and says how the call went. */
export interface Turn {
  end(end: CallEnd): void;
}

/** Lets calls begin as fast as the service takes them. */
export interface Pace {
  /** @param isUrgent goes before all that is not, a person waits for it */
  turn(isUrgent: boolean, signal: AbortSignal | undefined): Promise<Turn>;
  /** Calls that run. */
  readonly running: number;
}

interface Waiting {
  start(): void;
}

/** @param maxAtOnce calls that run at the same time at most */
export function createPace(maxAtOnce: number, options?: ThroughputOptions): Pace {
  const throughput = new Throughput(performance.now(), options);
  const urgent: Waiting[] = [];
  const others: Waiting[] = [];
  let running = 0;
  let isWaiting = false;

  const wake = () => {
    isWaiting = false;
    pump();
  };
  const pump = () => {
    while (running < maxAtOnce && urgent.length + others.length > 0) {
      const waitMs = throughput.waitMs(performance.now());
      if (waitMs > 0) {
        if (!isWaiting) setTimeout(wake, waitMs);
        isWaiting = true;
        return;
      }
      (urgent.shift() ?? others.shift())!.start();
    }
  };

  const begin = (): Turn => {
    running += 1;
    const startedAt = performance.now();
    throughput.started(startedAt);
    return {
      end(end) {
        running -= 1;
        throughput.ended(startedAt, performance.now(), end);
        pump();
      },
    };
  };

  return {
    get running() {
      return running;
    },
    turn(isUrgent, signal) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const lane = isUrgent ? urgent : others;
        const leave = () => {
          const at = lane.indexOf(waiting);
          if (at !== -1) lane.splice(at, 1);
          reject(signal?.reason);
        };
        const waiting: Waiting = {
          start() {
            signal?.removeEventListener('abort', leave);
            resolve(begin());
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        lane.push(waiting);
        pump();
      });
    },
  };
}
