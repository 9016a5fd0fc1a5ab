import type { Counter as OpenTelemetryCounter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { observeProcess } from './observe-process.ts';
import type { Counter, Telemetry } from './telemetry.ts';

/** Counts and durations, and their text form for Prometheus. */
export interface Metrics {
  readonly stage: Telemetry['stage'];
  readonly count: Telemetry['count'];
  /** The text format 0.0.4 of Prometheus. */
  prometheus(): Promise<string>;
  close(): Promise<void>;
}

const descriptions: Record<Counter, string> = {
  documents: 'Documents written, by outcome',
  chunks: 'Chunks written',
  embedded_texts: 'Texts that the embedding model embedded',
  truncated_texts: 'Texts that were longer than the input of the embedding model and lost their end',
  refusals: 'Documents refused, by reason',
  degradations: 'Requests served without a stage that failed, by stage',
  dropped_citations: 'Citations of a language model that did not hold and were dropped',
  problems: 'HTTP requests answered with a problem, by its type',
  requests: 'HTTP requests, by method, route and status',
};

/** From a fusion (below 1 ms) to an answer (30 s, the default deadline) and to the embedding of a long document. */
const secondsBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];

/** Wires an OpenTelemetry meter to Prometheus' text format, without a port of its own: the API serves the text. */
export function createMetrics(): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer('', false, undefined, true, true);
  const provider = new MeterProvider({
    readers: [exporter],
    views: [
      {
        instrumentName: 'braid_stage_seconds',
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: secondsBuckets },
        },
      },
    ],
  });
  const meter = provider.getMeter('braid');
  const stages = meter.createHistogram('braid_stage_seconds', {
    description: 'Duration of one run of a stage',
  });
  const counters = new Map<Counter, OpenTelemetryCounter>();
  for (const [counter, description] of Object.entries(descriptions) as [Counter, string][]) {
    counters.set(counter, meter.createCounter(`braid_${counter}`, { description }));
  }
  observeProcess(meter);
  return {
    stage(stage, milliseconds) {
      stages.record(milliseconds / 1000, { stage });
    },
    count(counter, amount = 1, labels = {}) {
      counters.get(counter)?.add(amount, labels);
    },
    async prometheus() {
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'Cannot collect metrics');
      return `${serializer.serialize(resourceMetrics)}\n`;
    },
    close: () => provider.shutdown(),
  };
}
