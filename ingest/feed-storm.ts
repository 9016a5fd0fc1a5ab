/** When so many events fail that the feed itself, or its mapping, is broken. */
export interface StormLimits {
  /** Dead letters in a row. @default 10 */
  readonly consecutive: number;
  /** Dead letters among the last 100 events, in percent. @default 15 */
  readonly windowPercentage: number;
  /** Dead letters in one run. @default 1000 */
  readonly total: number;
}

export const defaultStormLimits: StormLimits = { consecutive: 10, windowPercentage: 15, total: 1_000 };

const windowSize = 100;

/** Watches the outcomes of a feed, in its order, and tells when to stop. */
export interface StormWatch {
  /** Takes one outcome. @returns why the feed must stop, or undefined */
  observe(isDead: boolean): string | undefined;
}

/** Fewer events than a whole window count as if those before them had gone well. */
export function createStormWatch(limits: StormLimits): StormWatch {
  const window: boolean[] = new Array(windowSize).fill(false);
  let at = 0;
  let inWindow = 0;
  let consecutive = 0;
  let total = 0;
  return {
    observe(isDead) {
      if (window[at]) inWindow -= 1;
      window[at] = isDead;
      at = (at + 1) % windowSize;
      if (!isDead) {
        consecutive = 0;
        return undefined;
      }
      inWindow += 1;
      consecutive += 1;
      total += 1;
      if (consecutive >= limits.consecutive) return `${consecutive} events in a row failed`;
      if (inWindow >= limits.windowPercentage) return `${inWindow} of the last ${windowSize} events failed`;
      if (total >= limits.total) return `${total} events failed`;
      return undefined;
    },
  };
}
