import { expect, test } from 'vitest';
import type { CollectedQuery } from '../../../benchmarks/tuning/collect-legs.ts';
import { pointOf } from '../../../benchmarks/tuning/search-space.ts';
import { topMetric } from '../../../benchmarks/tuning/top-metric.ts';
import { tuneOn } from '../../../benchmarks/tuning/tune-on.ts';
import { resolveSearchRequest } from '../../../retrieval/resolve.ts';

const points = [0.5, 0.3].map((weight) =>
  pointOf(resolveSearchRequest({ query: 'a', lexical: { weight }, dense: { weight: 1 - weight } }, [])),
);

/** Queries of which the second point finds all and the first, the baseline, none. */
function tune(texts: readonly string[]) {
  const training = texts.map(
    (text, at): CollectedQuery => ({
      query: { queryId: `q${at}`, text, grades: new Map([['d', 1]]) },
      legs: new Map(),
    }),
  );
  const values = Float32Array.from([...texts.map(() => 0), ...texts.map(() => 1)]);
  const table = {
    sets: [{ name: 'a', training }],
    measurements: { points, queries: texts.length, values },
    queries: [training.map((_, at) => at)],
    metric: topMetric('ndcg@10'),
  };
  return tuneOn(table, 0).judged[0]!.values;
}

test('tuneOn judges no query by a choice that saw it under another id', () => {
  expect(tune(Array.from({ length: 20 }, (_, at) => `text ${at}`))).toEqual(Array(20).fill(1));
  // All ask the same, so that nothing is left to choose by, and the baseline stays.
  expect(tune(Array.from({ length: 20 }, () => 'the same'))).toEqual(Array(20).fill(0));
});
