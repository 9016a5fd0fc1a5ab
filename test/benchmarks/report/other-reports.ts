const point = (description: string) => ({ description, settings: {}, mean: 0.5 });
const gain = { dataset: 'small', queries: 4, difference: 0.1, interval: [0, 0.2] };

/** What `bench tune --json` prints, of one set. */
export const tuningReport = {
  benchmark: 'tuning',
  verdict: 'The defaults stay.',
  engine: 'sqlite',
  metric: 'ndcg@10',
  configurations: 3,
  flat: 2,
  datasets: [{ name: 'small', training: 4, heldOut: null, leftOutOfTraining: ['q1'] }],
  baseline: point('defaults'),
  chosen: point('chosen'),
  best: point('best'),
  judgement: {
    sets: [
      {
        ...gain,
        how: 'out-of-fold',
        mean: 0.5,
        meanInterval: [0.4, 0.6],
        baselineMean: 0.4,
        baselineInterval: [0.3, 0.5],
        pValue: 0.2,
        adjustedPValue: 0.2,
      },
    ],
    difference: 0.1,
    interval: [0, 0.2],
    pValue: 0.2,
    alpha: 0.05,
  },
  crossValidated: [gain],
  leaveOneSetOut: [{ ...gain, chosen: 'chosen' }],
  classes: [{ class: 'question', training: 2, verdict: 'too few' }],
  steps: [
    {
      step: 'diversity',
      training: 4,
      tried: [
        { description: 'without', mean: 0.5, difference: 0, interval: [0, 0] },
        { description: 'lambda 0.7', mean: 0.4, difference: -0.1, interval: [-0.2, 0] },
      ],
      verdict: 'no gain',
    },
  ],
  surface: [{ fusion: 'linear', lexicalWeight: 0.5, mean: 0.5, isFlat: true, isChosen: true }],
  checked: { queries: 4, differing: 0, largest: 0 },
  notReplayed: ['fields'],
  notes: ['small: 2 judged documents are not in the index; they count as not found.'],
};

const alone = { queries: 200, p50: 5, p95: 6, p50WithoutEmbedding: 3, cpuMs: 4, embeddingCpuMs: 2 };

/** What `bench latency --over http --json` prints. */
export const latencyReport = {
  benchmark: 'latency',
  verdict: 'On sqlite by http: fast.',
  engine: 'sqlite',
  over: 'http',
  corpus: { chunks: 100, tenants: 2, largestTenant: 70, smallestTenant: 30, dimensions: 384 },
  warmUpSeconds: 1,
  lateMs: 10,
  rates: [
    {
      rate: 5,
      seconds: 1,
      sent: 5,
      late: 0,
      isRejected: false,
      isSaturated: false,
      series: [
        {
          name: 'braid',
          count: 5,
          errors: 0,
          p50: 5,
          p90: 6,
          p95: 6,
          p99: 7,
          p999: 7,
          percentiles: [{ percentile: 50, ms: 5 }],
        },
      ],
    },
  ],
  stages: [{ stage: 'embed', p50: 2, p95: 3, mean: 2 }],
  alone: { braid: alone, floor: alone, ratio: { p50: 3, cpu: 1.5 } },
  recall: [{ selectivity: 1, queries: 50, k: 10, recall: 1, worst: 1, short: 0 }],
  floor: 'two legs',
};

const series = {
  name: 'braid',
  documents: 10,
  chunks: 40,
  seconds: 1,
  documentsPerSecond: 10,
  chunksPerSecond: 40,
};

/** What `bench ingestion --json` prints. */
export const ingestionReport = {
  benchmark: 'ingestion',
  engine: 'sqlite',
  givenVectors: { braid: series, bare: series, ratio: 1 },
  pipeline: { ...series, stages: { embed: 0.5 } },
  memory: { peak: 300, growth: 1, isFlat: true },
};
