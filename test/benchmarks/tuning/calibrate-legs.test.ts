import { expect, test } from 'vitest';
import { calibrateLegs } from '../../../benchmarks/tuning/calibrate-legs.ts';
import type { CollectedQuery } from '../../../benchmarks/tuning/collect-legs.ts';
import { defaultSpace, describePoint, pointsOf } from '../../../benchmarks/tuning/search-space.ts';
import type { Leg } from '../../../search-engine/search-engine.ts';

const fields = { title: 2, text: 1 };

function collected(lexical: readonly number[], dense: readonly number[]): CollectedQuery {
  const leg = (scores: readonly number[]): Leg => ({
    hits: scores.map((score, at) => ({ chunkId: `${at}`, documentId: `${at}`, ordinal: 0, score })),
    milliseconds: 0,
  });
  const legs = { lexical: leg(lexical), dense: leg(dense), facets: [] };
  return { query: { queryId: 'q', text: '', grades: new Map() }, legs: new Map([['2:1', legs]]) };
}

test('calibrateLegs estimates by leg and fields; each set counts the same, and no judgement does', () => {
  const one = [collected([3, 1], [0.5, 0.3]), collected([3, 1], [0.5, 0.3])];
  const other = [collected([8, 2], [0.9, 0.3])];
  // Medians 2 and 5, deviations 1 and 3; 0.4 and 0.6, 0.1 and 0.3.
  expect(calibrateLegs([one, other], [fields])).toEqual(
    new Map([['2:1', { lexical: { midpoint: 3.5, slope: 0.5 }, dense: { midpoint: 0.5, slope: 5 } }]]),
  );
});

test('pointsOf tries log-odds where the fields are calibrated', () => {
  const calibration = { lexical: { midpoint: 3.5, slope: 0.5 }, dense: { midpoint: 0.5, slope: 5 } };
  const space = { ...defaultSpace, fields: [fields, { title: 1, text: 1 }] };
  const calibrated = pointsOf(space, new Map([['2:1', calibration]])).filter(
    ({ fusion }) => fusion.method === 'log_odds',
  );
  // 19 weights between the legs, 4 depths, completed or not; the legs alone are not fused.
  expect(calibrated.length).toBe(19 * 4 * 2);
  expect(describePoint(calibrated[0]!)).toBe('log-odds, lexical 0.05, title 2, 50 candidates');
  expect(pointsOf({ ...space, logOdds: false }, new Map([['2:1', calibration]]))).toHaveLength(
    pointsOf(space).length,
  );
});
