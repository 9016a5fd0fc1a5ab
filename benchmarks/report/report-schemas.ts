import { z } from 'zod';

// What reports and gate read of each kind of file. Other fields are kept as they are; what older files lack has a default.

const interval = z.tuple([z.number(), z.number()]);
const numbers = z.record(z.string(), z.number());

const leg = z.looseObject({
  rank: z.number().nullable(),
  score: z.number().nullable(),
  normalized: z.number(),
  contribution: z.number(),
});
const hits = z.array(
  z.looseObject({
    documentId: z.string(),
    title: z.string().optional(),
    score: z.number(),
    grade: z.number().optional(),
    breakdown: z.looseObject({ lexical: leg.optional(), dense: leg.optional() }).optional(),
  }),
);

const relevance = z
  .looseObject({
    benchmark: z.literal('relevance'),
    dataset: z.string(),
    engine: z.string(),
    queries: z.number(),
    configurations: z
      .array(
        z.looseObject({
          name: z.string(),
          metrics: numbers,
          intervals: z.record(z.string(), interval),
          cost: z.looseObject({ p50: z.number(), p95: z.number(), cpuMsPerQuery: z.number() }),
        }),
      )
      .min(1),
    comparisons: z.array(
      z.looseObject({
        name: z.string(),
        baseline: z.string(),
        metric: z.string(),
        difference: z.number(),
        interval,
        pValue: z.number(),
        adjustedPValue: z.number(),
        wins: z.number(),
        ties: z.number(),
        losses: z.number(),
        perQuery: z.array(z.number()),
        worst: z.array(
          z.looseObject({
            queryId: z.string(),
            text: z.string(),
            value: z.number(),
            baselineValue: z.number(),
            hits,
            baselineHits: hits,
          }),
        ),
      }),
    ),
    corpus: z.looseObject({ hash: z.string(), judgedHash: z.string().optional() }),
    notes: z.array(z.string()),
    perQuery: z.array(
      z.looseObject({
        name: z.string(),
        queries: z.array(z.looseObject({ queryId: z.string(), metrics: numbers })),
      }),
    ),
  })
  .superRefine((report, context) => {
    const say = (path: readonly PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path: [...path], message });
    const [first] = report.configurations;
    const metrics = new Set([
      ...Object.keys(first!.metrics),
      ...report.comparisons.map(({ metric }) => metric),
    ]);
    for (const [at, configuration] of report.configurations.entries()) {
      for (const name of metrics) {
        for (const part of ['metrics', 'intervals'] as const) {
          if (configuration[part][name] === undefined) {
            say(['configurations', at, part], `to have ${name}, as others have`);
          }
        }
      }
    }
    const names = new Set(report.configurations.map(({ name }) => name));
    const ids = (at: number) => report.perQuery[at]!.queries.map(({ queryId }) => queryId);
    for (const [at, { name }] of report.perQuery.entries()) {
      if (!names.has(name)) say(['perQuery', at, 'name'], `to be one of ${[...names].join(', ')}`);
      if (ids(at).toSorted().join('\n') !== ids(0).toSorted().join('\n')) {
        say(['perQuery', at, 'queries'], 'to be the same queries for each configuration');
      }
    }
  });

const gain = z.looseObject({
  dataset: z.string(),
  queries: z.number(),
  difference: z.number(),
  interval,
});
const point = z.looseObject({ description: z.string(), mean: z.number() });

const tuning = z.looseObject({
  benchmark: z.literal('tuning'),
  verdict: z.string(),
  engine: z.string(),
  metric: z.string(),
  configurations: z.number(),
  flat: z.number(),
  datasets: z.array(z.looseObject({ name: z.string(), leftOutOfTraining: z.array(z.string()).default([]) })),
  baseline: point,
  chosen: point,
  best: point,
  judgement: z.looseObject({
    sets: z.array(
      gain.extend({
        how: z.string(),
        mean: z.number(),
        meanInterval: interval,
        baselineMean: z.number(),
        baselineInterval: interval,
        adjustedPValue: z.number(),
      }),
    ),
    difference: z.number(),
    interval,
    pValue: z.number(),
    alpha: z.number(),
  }),
  crossValidated: z.array(gain),
  leaveOneSetOut: z.array(gain.extend({ chosen: z.string() })),
  classes: z.array(
    z.looseObject({
      class: z.string(),
      training: z.number(),
      chosen: z.string().optional(),
      verdict: z.string(),
    }),
  ),
  steps: z
    .array(
      z.looseObject({
        tried: z.array(z.looseObject({ description: z.string(), difference: z.number(), interval })),
        training: z.number(),
        chosen: z.string().optional(),
        verdict: z.string(),
      }),
    )
    .default([]),
  surface: z.array(
    z.looseObject({
      fusion: z.string(),
      lexicalWeight: z.number(),
      mean: z.number(),
      isFlat: z.boolean(),
      isChosen: z.boolean(),
    }),
  ),
  checked: z.looseObject({ queries: z.number(), differing: z.number(), largest: z.number() }),
  notReplayed: z.array(z.string()),
  notes: z.array(z.string()).default([]),
});

const alone = z.looseObject({
  p50: z.number(),
  p95: z.number(),
  p50WithoutEmbedding: z.number(),
  cpuMs: z.number(),
  embeddingCpuMs: z.number(),
});

const latency = z.looseObject({
  benchmark: z.literal('latency'),
  verdict: z.string(),
  engine: z.string(),
  over: z.enum(['library', 'http']),
  corpus: z.looseObject({ chunks: z.number(), tenants: z.number() }),
  warmUpSeconds: z.number(),
  lateMs: z.number(),
  rates: z.array(
    z.looseObject({
      rate: z.number(),
      sent: z.number(),
      late: z.number(),
      isRejected: z.boolean(),
      isSaturated: z.boolean(),
      series: z.array(
        z.looseObject({
          name: z.string(),
          count: z.number(),
          errors: z.number(),
          p50: z.number(),
          p90: z.number(),
          p95: z.number(),
          p99: z.number(),
          p999: z.number(),
          percentiles: z.array(z.looseObject({ percentile: z.number(), ms: z.number() })),
        }),
      ),
    }),
  ),
  stages: z.array(z.looseObject({ stage: z.string(), p50: z.number(), p95: z.number(), mean: z.number() })),
  alone: z.looseObject({
    braid: alone,
    floor: alone,
    ratio: z.looseObject({ p50: z.number(), cpu: z.number().nullable() }),
  }),
  recall: z.array(
    z.looseObject({
      selectivity: z.number(),
      queries: z.number(),
      k: z.number(),
      recall: z.number(),
      worst: z.number(),
      short: z.number(),
    }),
  ),
  floor: z.string(),
});

const series = z.looseObject({
  name: z.string(),
  documents: z.number(),
  chunks: z.number(),
  seconds: z.number(),
  documentsPerSecond: z.number(),
  chunksPerSecond: z.number(),
});

const ingestion = z.looseObject({
  benchmark: z.literal('ingestion'),
  engine: z.string(),
  givenVectors: z.looseObject({ braid: series, bare: series, ratio: z.number() }),
  pipeline: series.extend({ stages: numbers }),
  memory: z.looseObject({ peak: z.number(), growth: z.number(), isFlat: z.boolean() }),
});

/** By the `benchmark` that a file names. */
export const reportSchemas = { relevance, tuning, latency, ingestion } as const;
