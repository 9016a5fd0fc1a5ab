import { metricOf } from '../relevance/measure-ranking.ts';
import type { LoadedSet } from './load-sets.ts';
import { replay } from './replay.ts';
import { type Point, settingsOf } from './search-space.ts';
import type { TopMetric } from './top-metric.ts';
import type { Checked } from './tuning-report.ts';

/** Of each set. */
const checkedQueries = 50;

/** Searches for real by some points and holds the values against the replay's. */
export async function checkReplay(
  sets: readonly LoadedSet[],
  points: readonly Point[],
  metric: TopMetric,
): Promise<Checked> {
  const checks = await Promise.all(sets.map((set) => checkSet(set, points, metric)));
  return {
    queries: checks.reduce((sum, { queries }) => sum + queries, 0),
    differing: checks.reduce((sum, { differing }) => sum + differing, 0),
    largest: Math.max(0, ...checks.map(({ largest }) => largest)),
  };
}

async function checkSet(
  { training, heldOut, search }: LoadedSet,
  points: readonly Point[],
  metric: TopMetric,
): Promise<Checked> {
  const taken = (heldOut ?? training).slice(0, checkedQueries);
  const { values } = replay(taken, points, metric);
  const measure = metricOf(metric.name);
  let differing = 0;
  let largest = 0;
  for (const [at, point] of points.entries()) {
    const topK = Math.min(metric.depth, point.candidates);
    for (const [place, { query }] of taken.entries()) {
      const { results } = await search({
        ...settingsOf(point),
        query: query.text,
        topK,
        collapse: 'document',
      });
      const ranking = results.map(({ documentId }) => documentId);
      const searched = measure(ranking, query.grades);
      const difference = Math.abs(searched - values[at * taken.length + place]!);
      if (difference > 1e-6) differing += 1;
      largest = Math.max(largest, difference);
    }
  }
  return { queries: taken.length * points.length, differing, largest };
}
