import { describe, expect, it } from 'vitest';
import { leftOutOf } from '../../../benchmarks/relevance/left-out.ts';
import type { CollectedQuery } from '../../../benchmarks/tuning/collect-legs.ts';
import type { Looks } from '../../../benchmarks/tuning/held-out-log.ts';
import type { LoadedSet } from '../../../benchmarks/tuning/load-sets.ts';
import { rankedTo } from '../../../benchmarks/tuning/measure-step.ts';
import { pointOf } from '../../../benchmarks/tuning/search-space.ts';
import { optionsOf } from '../../../benchmarks/tuning/steps.ts';
import { topMetric } from '../../../benchmarks/tuning/top-metric.ts';
import { chooseOption, type StepTuning, tuneSteps } from '../../../benchmarks/tuning/tune-steps.ts';
import { InvalidInput } from '../../../domain/errors.ts';
import type { Hit, SearchRequest, SearchResponse } from '../../../domain/search.ts';
import { resolveSearchRequest } from '../../../retrieval/resolve.ts';

const base = pointOf(resolveSearchRequest({ query: 'a' }, []));
const metric = topMetric('ndcg@1');

/** With `earlier` looks before, and what is logged. */
function tuning(budget: number, earlier = 0, logged: unknown[] = []): StepTuning {
  const log: Looks['log'] = async (chosen) => {
    logged.push(chosen);
  };
  return { metric, budget, onProgress: () => {}, looks: { earlier: () => earlier, log } };
}

function depthOf({ rerank }: SearchRequest): number | undefined {
  return rerank ? rerank.candidates : undefined;
}

function query(queryId: string): CollectedQuery {
  return { query: { queryId, text: queryId, grades: new Map([['good', 1]]) }, legs: new Map() };
}

/** A hit of the fused list with the score that a reranker gives it. */
function hit(documentId: string, rank: number, rerank?: number): Hit {
  const breakdown = {
    fused: { score: 1 / rank, rank },
    ...(rerank && { rerank: { score: rerank, rank: 0 } }),
  };
  return { documentId, breakdown } as unknown as Hit;
}

/** A set whose fused list has the relevant document third, and whose reranker of three or more hits finds it. */
function setOf(
  name: string,
  training: number,
  heldOut: number | undefined,
  requests: SearchRequest[],
): LoadedSet {
  return {
    name,
    training: Array.from({ length: training }, (_, at) => query(`${name} training ${at}`)),
    ...(heldOut !== undefined && {
      heldOut: Array.from({ length: heldOut }, (_, at) => query(`${name} held out ${at}`)),
    }),
    leftOut: [],
    unmeasured: leftOutOf([]),
    hash: name,
    async search(request) {
      requests.push(request);
      const scores: Record<string, number> = { other: 0.2, another: 0.1, good: 0.9, last: 0.05 };
      const depth = depthOf(request) ?? 0;
      const fused = Object.keys(scores).map((id, at) => hit(id, at + 1, at < depth ? scores[id] : undefined));
      const first = fused
        .slice(0, depth)
        .sort((left, right) => right.breakdown.rerank!.score - left.breakdown.rerank!.score);
      return { results: [...first, ...fused.slice(depth)], degraded: [] } as unknown as SearchResponse;
    },
    close: async () => {},
  };
}

describe('tuneSteps', () => {
  it('runs a reranker once to its greatest depth and chooses the shallowest that is as good', async () => {
    const requests: SearchRequest[] = [];
    const sets = [setOf('a', 40, 30, requests)];
    const steps = { rerank: [4, 2, 3].map((candidates) => ({ model: 'm', candidates })) };
    const [report] = await tuneSteps(sets, base, steps, tuning(1_000));
    expect(report).toMatchObject({
      step: 'rerank',
      training: 40,
      chosen: 'rerank {"model":"m","candidates":3}',
      verdict: 'proven better than doing without',
      request: { rerank: { model: 'm', candidates: 3 } },
    });
    expect(report!.tried.map(({ mean }) => mean)).toEqual([0, 0, 1, 1]);
    // 40 training queries without and with the deepest reranker, 30 held-out ones without and with the chosen.
    expect(requests.length).toBe(40 * 2 + 30 * 2);
    expect(new Set(requests.slice(0, 80).map(depthOf))).toEqual(new Set([undefined, 4]));
  });

  it('writes its looks down, and has to prove more where the queries judged others before', async () => {
    const steps = { rerank: [{ model: 'm', candidates: 3 }] };
    const logged: unknown[] = [];
    const run = (earlier: number) =>
      tuneSteps([setOf('a', 40, 30, [])], base, steps, tuning(1_000, earlier, logged));
    expect((await run(0))[0]!.request).toBeDefined();
    expect((await run(1_000))[0]!.request).toBeUndefined();
    expect(logged).toMatchObject([{ rerank: { candidates: 3 } }, { rerank: { candidates: 3 } }]);
  });

  it('judges sets without held-out queries out of fold', async () => {
    const steps = { rerank: [{ model: 'm', candidates: 3 }] };
    const [report] = await tuneSteps([setOf('a', 40, undefined, [])], base, steps, tuning(1_000));
    expect(report!.judgement!.sets).toMatchObject([
      { dataset: 'a', how: 'out-of-fold', queries: 40, mean: 1 },
    ]);
  });

  it('chooses nothing where nothing is better, and then looks at no held-out query', async () => {
    const requests: SearchRequest[] = [];
    const steps = { diversity: [{ lambda: 0.9 }] };
    const [report] = await tuneSteps([setOf('a', 40, 30, requests)], base, steps, tuning(1_000));
    expect(report).toMatchObject({ verdict: 'on training queries nothing can be told from doing without' });
    expect(report!.chosen).toBeUndefined();
    expect(requests.some(({ query: text }) => text.includes('held out'))).toBe(false);
  });

  it('draws as many training queries as the budget allows, the same share of each set', async () => {
    const requests: SearchRequest[] = [];
    const sets = [setOf('a', 100, 10, requests), setOf('b', 300, undefined, requests)];
    const steps = { rerank: [{ model: 'm', candidates: 3 }] };
    const [report] = await tuneSteps(sets, base, steps, tuning(220));
    expect(report!.training).toBe(100);
    expect(requests.length).toBeLessThanOrEqual(220);
  });

  it('searches again where something was done without, and gives up at the third time', async () => {
    const run = (failures: number) => {
      let failed = 0;
      const set = setOf('a', 3, 2, []);
      const search: LoadedSet['search'] = async (request) => {
        const response = await set.search(request);
        if (request.rerank === undefined || failed >= failures) return response;
        failed += 1;
        return { ...response, degraded: [{ stage: 'rerank', reason: 'too late' }] };
      };
      const steps = { rerank: [{ model: 'm', candidates: 3 }] };
      return tuneSteps([{ ...set, search }], base, steps, tuning(1_000));
    };
    expect((await run(2))[0]!.tried[1]!.mean).toBe(1);
    await expect(run(6)).rejects.toThrow('rerank was done without, too late');
  });

  it('counts each set the same, whatever its size', async () => {
    const helped = setOf('a', 10, undefined, []);
    const other = setOf('b', 90, undefined, []);
    const grades = new Map([['found by nothing', 1]]);
    const training = other.training.map((one) => ({ ...one, query: { ...one.query, grades } }));
    const steps = { rerank: [{ model: 'm', candidates: 3 }] };
    const sets = [helped, { ...other, training }];
    const [report] = await tuneSteps(sets, base, steps, tuning(1_000));
    expect(report!.tried[1]).toMatchObject({ mean: 0.5, difference: 0.5, interval: [0.5, 0.5] });
  });

  it('judges by no set of which the budget leaves no query', async () => {
    const sets = [setOf('a', 1_000, undefined, []), setOf('b', 5, undefined, [])];
    const steps = { rerank: [{ model: 'm', candidates: 3 }] };
    const [report] = await tuneSteps(sets, base, steps, tuning(200));
    expect(report!.judgement).toMatchObject({ difference: 1, sets: [{ dataset: 'a' }] });
  });

  it('takes all training queries where there are few', async () => {
    const steps = { rerank: [{ model: 'm', candidates: 3 }] };
    const [report] = await tuneSteps([setOf('a', 3, 2, [])], base, steps, tuning(1_000));
    expect(report!.training).toBe(3);
  });

  it('refuses a budget that says nothing', async () => {
    const run = tuneSteps(
      [setOf('a', 100, 10, [])],
      base,
      { rerank: [{ model: 'm', candidates: 3 }] },
      tuning(50),
    );
    await expect(run).rejects.toThrow(
      new InvalidInput('searches', 'Expected at least 60 searches for these steps, got 50'),
    );
  });
});

describe('rankedTo', () => {
  it('is what a reranker of fewer hits would show', () => {
    const deep = [hit('d', 4, 0.9), hit('b', 2, 0.8), hit('a', 1, 0.7), hit('c', 3, 0.1)];
    const ids = (depth: number) => rankedTo(deep, depth).map(({ documentId }) => documentId);
    expect(ids(4)).toEqual(['d', 'b', 'a', 'c']);
    expect(ids(2)).toEqual(['b', 'a']);
    expect(ids(1)).toEqual(['a']);
  });
});

describe('chooseOption', () => {
  const diversity = { diversity: [{ lambda: 0.9 }, { lambda: 0.5 }] };
  it('does without where a step is better by no more than chance', () => {
    const without = Array.from({ length: 30 }, (_, at) => (at % 3) / 2);
    const luckier = without.map((value, at) => value + (at % 2 === 0 ? 0.11 : -0.1));
    const values = Float32Array.from([...without, ...luckier, ...without]);
    const sets = [Array.from({ length: 30 }, (_, at) => at)];
    expect(chooseOption({ values, queries: 30 }, optionsOf(diversity, 'diversity'), sets)).toBe(0);
  });

  it('takes the best of a step without depth, where doing without is told from it', () => {
    const values = Float32Array.from([...Array(30).fill(0), ...Array(30).fill(0.5), ...Array(30).fill(0.6)]);
    const sets = [Array.from({ length: 30 }, (_, at) => at)];
    expect(chooseOption({ values, queries: 30 }, optionsOf(diversity, 'diversity'), sets)).toBe(2);
  });
});
