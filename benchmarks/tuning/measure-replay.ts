import { createRandom } from '../statistics/seeded-random.ts';
import { calibrateLegs } from './calibrate-legs.ts';
import type { CollectedQuery } from './collect-legs.ts';
import { replay } from './replay.ts';
import { defaultSpace, drawPoints, fieldsKey, pointsOf } from './search-space.ts';
import { topMetric } from './top-metric.ts';

/**
 * How long 10,000 configurations over 300 made-up queries take, in CPU seconds of this process:
 * `node benchmarks/tuning/measure-replay.ts [hits a leg]`.
 */
const [hitsPerLeg = 500] = process.argv.slice(2).map(Number);
const random = createRandom(1);

function makeLeg(highest: number) {
  const ids = new Set<number>();
  while (ids.size < hitsPerLeg) ids.add(Math.floor(random() * 5_000));
  const hits = [...ids].map((id, at) => ({
    chunkId: `chunk-${id}`,
    documentId: `document-${id}`,
    ordinal: 0,
    score: highest * (1 - at / (hitsPerLeg + 5)),
  }));
  return { hits, completed: new Map<string, number>(), milliseconds: 0 };
}

const queries = Array.from({ length: 300 }, (_, at): CollectedQuery => {
  const relevant = Array.from({ length: 8 }, () => `document-${Math.floor(random() * 5_000)}`);
  const legs = defaultSpace.fields.map(
    (fields) => [fieldsKey(fields), { lexical: makeLeg(10), dense: makeLeg(1), facets: [] }] as const,
  );
  const grades = new Map(relevant.map((documentId) => [documentId, 1]));
  return { query: { queryId: `q${at}`, text: '', grades }, legs: new Map(legs) };
});
const space = {
  ...defaultSpace,
  lexicalWeights: Array.from({ length: 201 }, (_, at) => at / 200),
  candidates: defaultSpace.candidates.filter((candidates) => candidates <= hitsPerLeg),
};
const all = pointsOf(space, calibrateLegs([queries], space.fields));
const points = drawPoints(all, 10_000);
const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
replay(queries, points, topMetric('ndcg@10'));
const { user, system } = process.cpuUsage(cpuBefore);
console.log(
  `${points.length} of ${all.length} configurations, ${queries.length} queries, ${hitsPerLeg} hits a leg: ${((user + system) / 1e6).toFixed(1)} s of CPU, ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`,
);
