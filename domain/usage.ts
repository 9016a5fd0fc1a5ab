/** What Braid was doing when it called a model. */
export type ModelFeature = 'search' | 'answer' | 'ingest';

export type UsageKind =
  /** Tokens embedded. */
  | 'embedding'
  /** Tokens read by a language model, those of its cache not included. */
  | 'input'
  /** Tokens written by a language model. */
  | 'output'
  /** Tokens of the prompt that came from the provider's cache. */
  | 'cache_read'
  /** Tokens of the prompt that were put into the provider's cache. */
  | 'cache_write'
  /** Units of reranking as the provider bills them: one query with up to 100 documents. */
  | 'rerank'
  /** Text units that a guardrail looked at. */
  | 'guardrail';

/** What one call of a model used. */
export interface ModelUsage {
  readonly model: string;
  readonly kind: UsageKind;
  readonly amount: number;
  /** True where the provider told nothing and Braid counted. */
  readonly isEstimated?: true;
}
