/** What Braid tells of its own work; everything in the pipeline is given one. */
export interface Telemetry {
  readonly log: Log;
  /** Milliseconds of one run of a stage: `parse`, `chunk`, `embed`, `store`, `lexical`, `dense`, `fuse`, `rerank`, `fetch`, `generate`, `request` (one HTTP request). */
  stage(stage: string, milliseconds: number): void;
  count(counter: Counter, amount?: number, labels?: Readonly<Record<string, string>>): void;
}

export type Counter =
  /** Labels: outcome. */
  | 'documents'
  | 'chunks'
  | 'embedded_texts'
  | 'truncated_texts'
  /** Labels: reason. */
  | 'refusals'
  /** Labels: stage. */
  | 'degradations'
  | 'dropped_citations'
  /** Labels: type. */
  | 'problems'
  /** Labels: method, route, status. */
  | 'requests';

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
