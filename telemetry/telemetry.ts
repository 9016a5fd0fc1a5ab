/** What Braid tells of its own work; everything in the pipeline is given one. */
export interface Telemetry {
  readonly log: Log;
  /** Milliseconds of one run of a stage: `parse`, `chunk`, `embed`, `store`, `lexical`, `dense`, `fuse`, `rerank`, `fetch`, `guardrail`, `rewrite`, `generate`, `request` (one HTTP request). */
  stage(stage: string, milliseconds: number): void;
  /** Of the values of the label `tenant` the first 200 are told by name, the rest as `other`. */
  count(counter: Counter, amount?: number, labels?: Readonly<Record<string, string>>): void;
  /** Sets what stands at a value and moves both ways. */
  gauge?(gauge: Gauge, value: number, labels?: Readonly<Record<string, string>>): void;
}

export type Gauge =
  /** Events that are read and not acknowledged. Labels: feed. */
  | 'feed_lag_events'
  /** Age of the oldest of them. Labels: feed. */
  | 'feed_lag_seconds';

export type Counter =
  /** Labels: outcome. */
  | 'documents'
  | 'chunks'
  | 'embedded_texts'
  | 'truncated_texts'
  | 'breakpoint_texts'
  /** Two different events of one version were told apart by their hash. */
  | 'conflicting_changes'
  /** Labels: reason. */
  | 'refusals'
  /** Labels: stage. */
  | 'degradations'
  | 'dropped_citations'
  /** Links of answers that led to hosts that no passage comes from. */
  | 'removed_links'
  /** Calls of models that the invocation log could not take. */
  | 'dropped_invocations'
  /** Tokens and units as providers bill them. Labels: tenant, feature, model, kind. */
  | 'model_usage'
  /** Labels: type. */
  | 'problems'
  /** Labels: method, route, status. */
  | 'requests'
  /** Labels: tenant, outcome (served, refused, limited, shed, failed). */
  | 'tenant_requests'
  /** Change events taken from feeds; feed_events of outcome indexed, stale and dead_lettered add up to it. */
  | 'feed_accepted'
  /** Labels: outcome, and reason of dead letters. */
  | 'feed_events';

/** Structured lines; the first argument carries data, never text of documents or queries. */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Keeps nothing: for tests and one-off tools. */
export const silentTelemetry: Telemetry = {
  log: { debug() {}, info() {}, warn() {}, error() {} },
  stage() {},
  count() {},
};
