/** What one caller asks for at once; it is never spread over requests. */
export interface Group<Item> {
  readonly items: readonly Item[];
  /** In the unit of `maxSize`. */
  readonly size: number;
}

export interface TogetherOptions {
  /** Of one request; a larger group goes alone. */
  readonly maxSize: number;
  /** Requests on their way at once. */
  readonly maxRequests: number;
  /** True for a failure that may be the fault of one group alone: then each is sent by itself. */
  readonly isOfOneGroup: (error: unknown) => boolean;
}

interface Waiting<Item, Result> extends Group<Item> {
  resolve(results: readonly Result[]): void;
  reject(error: unknown): void;
}

/**
 * Joins what many ask for at the same time into one request: a first one goes at once, and while it is on its way the
 * others gather. One writer alone is not held up, and many cost the server hardly more than one.
 * @param send gives one result for each item, in order
 */
export function createTogether<Item, Result>(
  send: (items: readonly Item[]) => Promise<readonly Result[]>,
  { maxSize, maxRequests, isOfOneGroup }: TogetherOptions,
): (group: Group<Item>) => Promise<readonly Result[]> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = 0;
  let isScheduled = false;

  const take = (): Waiting<Item, Result>[] => {
    let size = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || size + waiting[count]!.size <= maxSize)) {
      size += waiting[count]!.size;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  const deliver = async (groups: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await send(groups.flatMap(({ items }) => items));
      let start = 0;
      for (const { items, resolve } of groups) {
        resolve(results.slice(start, start + items.length));
        start += items.length;
      }
    } catch (error) {
      if (groups.length > 1 && isOfOneGroup(error)) for (const group of groups) await deliver([group]);
      else for (const { reject } of groups) reject(error);
    }
  };

  const run = () => {
    while (waiting.length > 0 && running < maxRequests) {
      running += 1;
      void deliver(take()).then(() => {
        running -= 1;
        run();
      });
    }
  };

  /** One turn for what was started together to arrive. */
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      run();
    });
  };

  return (group) =>
    new Promise((resolve, reject) => {
      waiting.push({ ...group, resolve, reject });
      schedule();
    });
}
