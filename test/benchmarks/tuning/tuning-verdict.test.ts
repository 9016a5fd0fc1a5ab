import { expect, test } from 'vitest';
import { judgeChoice } from '../../../benchmarks/tuning/judge-choice.ts';
import { pointOf } from '../../../benchmarks/tuning/search-space.ts';
import { verdictOf } from '../../../benchmarks/tuning/tuning-verdict.ts';
import { resolveSearchRequest } from '../../../retrieval/resolve.ts';

const point = pointOf(resolveSearchRequest({ query: 'a' }, []));

function verdict(differences: readonly number[], earlier = 0): string {
  const values = differences.map((difference) => 0.5 + difference);
  const baselineValues = differences.map(() => 0.5);
  const judgement = judgeChoice([{ dataset: 'a', how: 'held-out', values, baselineValues }], earlier);
  return verdictOf(judgement, false, point, 'ndcg@10', earlier);
}

const noise = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 0.1 : -0.1));

test('verdictOf names a winner that is proven', () => {
  expect(verdict(noise.map((value) => value + 0.1))).toMatch(
    /^Winner: min_max, lexical 0\.5, title 1, 100 candidates: ndcg@10 \+0\.1000/,
  );
});

test('verdictOf tells what gain so many queries would have shown, and what looks cost', () => {
  expect(verdict(noise, 4)).toMatch(
    /with alpha 0\.0100 .* 4 other comparisons .* show a gain of 0\.0\d+ four times in five/,
  );
});

test('verdictOf does not tell a gain that could not have shown', () => {
  expect(verdict([0.5])).toContain('So few queries cannot show any gain.');
  expect(verdict([0.1, 0.2, 0.3, 0.4, 0.5])).toContain('So few queries cannot show any gain.');
  const gains = noise.map(() => 0.1);
  // The test draws 10,000 assignments of signs, so that p goes no lower than 1 of 10,001.
  expect(verdict(gains, 400)).toMatch(/^Winner/);
  expect(verdict(gains, 600)).toContain('After so many looks the test can show no gain on these queries.');
  expect(verdict(noise.map(() => 0))).toContain('No query came out otherwise.');
});
