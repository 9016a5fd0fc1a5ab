/** Queries in work at once; what comes of them does not depend on it. */
const concurrency = 2;

/**
 * Does the same for each query, some at once, and returns what came of it in their order. After a failure the others stop
 * when they are done with the query that they are at, so that nothing still runs when the engine is closed.
 * @param onDone how many are done
 */
export async function mapQueries<Query, Result>(
  queries: readonly Query[],
  work: (query: Query) => Promise<Result>,
  onDone: (done: number) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = new Array(queries.length);
  let next = 0;
  let done = 0;
  const run = async (): Promise<void> => {
    while (next < queries.length) {
      const at = next;
      next += 1;
      results[at] = await work(queries[at]!);
      done += 1;
      onDone(done);
    }
  };
  const runs = Array.from({ length: concurrency }, () =>
    run().catch((error: unknown) => {
      next = queries.length;
      throw error;
    }),
  );
  for (const outcome of await Promise.allSettled(runs)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
  return results;
}
