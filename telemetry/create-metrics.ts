import type { Counter as OpenTelemetryCounter, Gauge as OpenTelemetryGauge } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { observeProcess } from './observe-process.ts';
import type { Counter, Gauge, Telemetry } from './telemetry.ts';

/** Counts and durations, and their text form for Prometheus. */
export interface Metrics {
  readonly stage: Telemetry['stage'];
  readonly count: Telemetry['count'];
  readonly gauge: NonNullable<Telemetry['gauge']>;
  /** The text format 0.0.4 of Prometheus. */
  prometheus(): Promise<string>;
  close(): Promise<void>;
}

const descriptions: Record<Counter, string> = {
  documents: 'Documents written, by outcome',
  chunks: 'Chunks written',
  embedded_texts: 'Texts that the embedding model embedded',
  truncated_texts: 'Texts that were longer than the input of the embedding model and lost their end',
  breakpoint_texts: 'Texts that were embedded only to find where chunks end',
  conflicting_changes: 'Changes that met another one of the same version and were told apart by hash',
  refusals: 'Documents refused, by reason',
  degradations: 'Requests served without a stage that failed, by stage',
  dropped_invocations: 'Calls of models that could not be written down in the invocation log',
  dropped_citations: 'Citations of a language model that did not hold and were dropped',
  removed_links: 'Links and images that were taken out of answers because they led elsewhere',
  model_usage: 'Tokens and units that models used, by tenant, feature, model and kind',
  problems: 'HTTP requests answered with a problem, by its type',
  requests: 'HTTP requests, by method, route and status',
  tenant_requests: 'HTTP requests of each tenant, by outcome',
  feed_accepted: 'Change events taken from feeds: indexed, stale and dead-lettered ones together',
  feed_events: 'Change events of feeds, by what became of them',
};

const gaugeDescriptions: Record<Gauge, string> = {
  feed_lag_events: 'Change events that are read and not acknowledged',
  feed_lag_seconds: 'Age of the oldest change event that is read and not acknowledged',
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
  const gauges = new Map<Gauge, OpenTelemetryGauge>();
  for (const [gauge, description] of Object.entries(gaugeDescriptions) as [Gauge, string][]) {
    gauges.set(gauge, meter.createGauge(`braid_${gauge}`, { description }));
  }
  observeProcess(meter);
  const nameTenant = createTenantNames();
  return {
    stage(stage, milliseconds) {
      stages.record(milliseconds / 1000, { stage });
    },
    count(counter, amount = 1, labels = {}) {
      counters.get(counter)?.add(amount, nameTenant(labels));
    },
    gauge(gauge, value, labels = {}) {
      gauges.get(gauge)?.record(value, nameTenant(labels));
    },
    async prometheus() {
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw new AggregateError(errors, 'Cannot collect metrics');
      return `${serializer.serialize(resourceMetrics)}\n`;
    },
    close: () => provider.shutdown(),
  };
}

const maxTenants = 200;

/** Each value of a label is a series that is kept: tenants without end would fill the memory, here and in Prometheus. */
function createTenantNames(): (labels: Readonly<Record<string, string>>) => Readonly<Record<string, string>> {
  const named = new Set<string>();
  return (labels) => {
    const { tenant } = labels;
    if (tenant === undefined || named.has(tenant)) return labels;
    // A tenant of the name `other` is told with the rest.
    if (named.size >= maxTenants || tenant === 'other') return { ...labels, tenant: 'other' };
    named.add(tenant);
    return labels;
  };
}
