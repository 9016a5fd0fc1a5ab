import type { TopLevelSpec } from 'vega-lite';
import type { LatencyReport } from '../latency/latency-report.ts';
import type { DetailedReport } from '../relevance/relevance-report.ts';
import type { TuningReport } from '../tuning/tuning-report.ts';
import { colors } from './render-chart.ts';

const width = 640;

const dashes = [
  [1, 0],
  [6, 2],
  [2, 2],
  [8, 3, 2, 3],
  [4, 4],
];

/** A piece of the line itself, with its dashes. */
const lineLegend = { symbolType: 'stroke', symbolSize: 400, symbolStrokeWidth: 2 } as const;

const shapes = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'triangle-down',
  'cross',
  'triangle-right',
  'triangle-left',
];

/** Each query's difference from the baseline, from the largest loss to the largest gain. */
export function differenceChart(comparison: DetailedReport['comparisons'][number]): TopLevelSpec {
  const values = comparison.perQuery
    .toSorted((left, right) => left - right)
    .map((difference, at) => ({
      query: at + 1,
      difference,
      outcome: difference > 1e-9 ? 'won' : difference < -1e-9 ? 'lost' : 'tied',
    }));
  return {
    width,
    height: 180,
    data: { values },
    mark: { type: 'bar', binSpacing: 0, width: Math.max(1, (width / Math.max(1, values.length)) * 0.9) },
    encoding: {
      x: {
        field: 'query',
        type: 'quantitative',
        title: 'queries, by difference',
        scale: { domain: [0.5, values.length + 0.5], nice: false },
        axis: { grid: false },
      },
      y: {
        field: 'difference',
        type: 'quantitative',
        title: `Δ ${comparison.metric}`,
      },
      color: {
        field: 'outcome',
        type: 'nominal',
        title: null,
        scale: { domain: ['won', 'tied', 'lost'], range: ['#0072B2', '#8a8a8a', '#D55E00'] },
      },
    },
  };
}

/** Means by weight for each fusion; what cannot be told from the best is drawn strong, the choice is marked. */
export function surfaceChart({ surface, metric, baseline }: TuningReport): TopLevelSpec {
  const fusions = [...new Set(surface.map(({ fusion }) => fusion))];
  // Ranks in greys, scores in colours; each with its own dashes for who sees no colour.
  const ranked = fusions.filter((fusion) => fusion.startsWith('RRF'));
  const greys = ['#444444', '#777777', '#999999', '#b3b3b3', '#cccccc'];
  const colorOf = (fusion: string): string => {
    const at = ranked.indexOf(fusion);
    if (at >= 0) return greys[at % greys.length]!;
    return colors[fusions.filter((other) => !ranked.includes(other)).indexOf(fusion) % colors.length]!;
  };
  const color = {
    field: 'fusion',
    type: 'nominal',
    title: null,
    scale: { domain: fusions, range: fusions.map(colorOf) },
    legend: lineLegend,
  } as const;
  const strokeDash = {
    field: 'fusion',
    type: 'nominal',
    title: null,
    scale: { domain: fusions, range: fusions.map((_, at) => dashes[at % dashes.length]!) },
    legend: lineLegend,
  } as const;
  return {
    width,
    height: 300,
    data: { values: [...surface] },
    layer: [
      { mark: { type: 'line', strokeWidth: 1.8 }, encoding: { color, strokeDash } },
      {
        transform: [{ filter: 'datum.isFlat' }],
        mark: { type: 'point', filled: true, size: 70, opacity: 1 },
        encoding: { color },
      },
      {
        transform: [{ filter: 'datum.isChosen' }],
        mark: { type: 'point', size: 320, strokeWidth: 2.5, color: '#000', shape: 'diamond' },
      },
      {
        data: { values: [{ mean: baseline.mean }] },
        mark: { type: 'rule', strokeDash: [5, 4], color: '#8a8a8a' },
        encoding: { x: { value: 0 }, x2: { value: width } },
      },
    ],
    encoding: {
      x: {
        field: 'lexicalWeight',
        type: 'quantitative',
        title: 'lexical weight (the dense leg has the rest)',
        scale: { domain: [0, 1] },
      },
      y: {
        field: 'mean',
        type: 'quantitative',
        title: `${metric} on training queries`,
        scale: { zero: false },
      },
    },
  };
}

/** Quality against p95: what no other configuration beats in both is joined by a line. */
export function paretoChart(report: DetailedReport, metric: string): TopLevelSpec {
  const values = report.configurations.map(({ name, metrics, intervals, cost }) => ({
    name,
    quality: metrics[metric]!,
    low: intervals[metric]![0],
    high: intervals[metric]![1],
    p95: cost.p95,
  }));
  const front = values
    .filter(
      (one) =>
        !values.some(
          (other) =>
            other.p95 <= one.p95 &&
            other.quality >= one.quality &&
            (other.p95 < one.p95 || other.quality > one.quality),
        ),
    )
    .toSorted((left, right) => left.p95 - right.p95);
  const x = {
    field: 'p95',
    type: 'quantitative',
    title: 'p95 of a search, ms (log)',
    scale: { type: 'log', nice: false, padding: 40 },
  } as const;
  const y = { type: 'quantitative', title: metric, scale: { zero: false } } as const;
  const color = { field: 'name', type: 'nominal', title: null, sort: null } as const;
  // Eight shapes beside seven colours: no two of 56 configurations look alike.
  const shape = { ...color, scale: { range: shapes } } as const;
  return {
    width,
    height: 300,
    layer: [
      {
        data: { values: front },
        mark: { type: 'line', color: '#8a8a8a', strokeDash: [4, 3], interpolate: 'step-after' },
        encoding: { x, y: { ...y, field: 'quality' } },
      },
      {
        data: { values },
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 110, opacity: 1 },
        encoding: { x, y: { ...y, field: 'quality' }, color, shape },
      },
    ],
  };
}

/** Latency by percentile: percentiles by their distance from 100 %, so that the tail has room; latency on a log axis. */
export function latencyChart({ rates }: LatencyReport): TopLevelSpec {
  const values = rates.flatMap(({ rate, series }) =>
    series.flatMap(({ name, percentiles }) =>
      percentiles
        .filter(({ percentile }) => percentile < 100)
        .map(({ percentile, ms }) => ({
          series: `${name}, ${rate}/s`,
          nines: -Math.log10(1 - percentile / 100),
          ms: Math.max(ms, 0.001),
        })),
    ),
  );
  // A colour a rate, and dashes for what is not the first target.
  const lines = rates.flatMap(({ rate, series }, at) =>
    series.map(({ name }, target) => ({
      name: `${name}, ${rate}/s`,
      color: colors[at % colors.length]!,
      dash: dashes[target % dashes.length]!,
    })),
  );
  const named = { field: 'series', type: 'nominal', title: null, legend: lineLegend } as const;
  const domain = lines.map(({ name }) => name);
  const color = { ...named, scale: { domain, range: lines.map((line) => line.color) } } as const;
  const strokeDash = { ...named, scale: { domain, range: lines.map(({ dash }) => dash) } } as const;
  return {
    width,
    height: 300,
    data: { values },
    mark: { type: 'line', point: { size: 30 }, strokeWidth: 1.8 },
    encoding: {
      x: {
        field: 'nines',
        type: 'quantitative',
        title: 'percentile',
        axis: {
          values: [0.30103, 1, 1.30103, 2, 3],
          labelExpr:
            "{'0.301': '50', '1.000': '90', '1.301': '95', '2.000': '99', '3.000': '99.9'}[format(datum.value, '.3f')]",
        },
      },
      y: { field: 'ms', type: 'quantitative', title: 'ms (log)', scale: { type: 'log', nice: true } },
      color,
      strokeDash,
    },
  };
}
