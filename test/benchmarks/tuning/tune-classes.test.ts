import { expect, test } from 'vitest';
import type { CollectedQuery } from '../../../benchmarks/tuning/collect-legs.ts';
import { pointOf } from '../../../benchmarks/tuning/search-space.ts';
import { topMetric } from '../../../benchmarks/tuning/top-metric.ts';
import { tuneClasses } from '../../../benchmarks/tuning/tune-classes.ts';
import type { TuningSet } from '../../../benchmarks/tuning/tune-on.ts';
import { resolveSearchRequest } from '../../../retrieval/resolve.ts';

const points = [0.5, 0.3].map((weight) =>
  pointOf(resolveSearchRequest({ query: 'a', lexical: { weight }, dense: { weight: 1 - weight } }, [])),
);
const quoted = (at: number): CollectedQuery => ({
  query: { queryId: `q${at}`, text: `"a quoted query" ${at}`, grades: new Map([['d', 1]]) },
  legs: new Map(),
});

/** Sixty quoted queries, of which the second point finds all and the first none. */
function tune(heldOut: TuningSet['heldOut'], logged: unknown[]) {
  const training = Array.from({ length: 60 }, (_, at) => quoted(at));
  const table = {
    sets: [{ name: 'a', training, ...(heldOut !== undefined && { heldOut }) }],
    measurements: {
      points,
      queries: training.length,
      values: Float32Array.from({ length: 120 }, (_, at) => (at < 60 ? 0 : 1)),
    },
    queries: [training.map((_, at) => at)],
    metric: topMetric('ndcg@10'),
  };
  const looks = { earlier: () => 0, log: async (chosen: unknown) => void logged.push(chosen) };
  return tuneClasses(table, 0, 50, looks, () => {});
}

test('tuneClasses proves a class that has queries enough, and names the others', async () => {
  const logged: unknown[] = [];
  const classes = await tune(undefined, logged);
  expect(classes.find((one) => one.class === 'quoted')).toMatchObject({
    point: 1,
    verdict: 'its own settings are proven better',
  });
  expect(classes.find((one) => one.class === 'long')!.verdict).toBe(
    'not tuned: 0 training queries, 50 wanted',
  );
  expect(logged).toMatchObject([{ class: 'quoted', lexical: { weight: 0.3 } }]);
});

test('tuneClasses judges no class by no queries, and writes no look down', async () => {
  const logged: unknown[] = [];
  const classes = await tune([], logged);
  const { verdict, judgement } = classes.find((one) => one.class === 'quoted')!;
  expect([verdict, judgement, logged]).toEqual([
    'not tuned: no query of the class to judge by',
    undefined,
    [],
  ]);
});
