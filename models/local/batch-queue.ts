/** Work done batch by batch, in which jobs take turns. */
export interface BatchQueue<Item, Result> {
  /** Runs each batch and returns the results in the order of the items. Rejects with the signal's reason. */
  add(batches: readonly (readonly Item[])[], signal?: AbortSignal): Promise<Result[]>;
}

interface Job<Item, Result> {
  readonly batches: readonly (readonly Item[])[];
  readonly results: Result[][];
  started: number;
  finished: number;
  readonly signal: AbortSignal | undefined;
  resolve(results: Result[]): void;
  reject(reason: unknown): void;
}

/**
 * Makes a queue in which a small job waits for a batch of each other job, never for the whole of it.
 * @param atOnce batches given to `run` at the same time
 */
export function createBatchQueue<Item, Result>(
  run: (batch: readonly Item[]) => Promise<Result[]>,
  atOnce: number,
): BatchQueue<Item, Result> {
  const jobs: Job<Item, Result>[] = [];
  let running = 0;

  const work = async (): Promise<void> => {
    running += 1;
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const at = job.started;
      job.started += 1;
      if (job.started < job.batches.length) jobs.push(job);
      await runBatch(job, at, run, jobs);
    }
    running -= 1;
  };

  return {
    add: (batches, signal) =>
      new Promise((resolve, reject) => {
        if (batches.length === 0) {
          resolve([]);
          return;
        }
        jobs.push({ batches, results: [], started: 0, finished: 0, signal, resolve, reject });
        if (running < atOnce) void work();
      }),
  };
}

async function runBatch<Item, Result>(
  job: Job<Item, Result>,
  at: number,
  run: (batch: readonly Item[]) => Promise<Result[]>,
  jobs: Job<Item, Result>[],
): Promise<void> {
  try {
    job.signal?.throwIfAborted();
    job.results[at] = await run(job.batches[at]!);
    job.finished += 1;
  } catch (error) {
    const waiting = jobs.indexOf(job);
    if (waiting !== -1) jobs.splice(waiting, 1);
    job.reject(error);
    return;
  }
  if (job.finished === job.batches.length) job.resolve(job.results.flat());
}
