import type { Degradation, Hit, ResolvedSearchRequest, SearchRequest } from './search.ts';

/** A question over the tenant's documents. `search` is a search request without query, topK, cursor and facets. */
export interface AnswerRequest {
  /** 1 to 4,000 characters. */
  readonly question: string;
  readonly search?: Omit<SearchRequest, 'query' | 'topK' | 'cursor' | 'facets'>;
  /** How many hits the answer may rest on, 1 to 50. @default 5 */
  readonly passages?: number;
  /** Id of a configured language model. @default the configured one */
  readonly model?: string;
}

/** `answer.text.slice(start, end)` is the cited part, and `quote` stands verbatim in the text of chunk `chunkId`. */
export interface Citation {
  readonly start: number;
  readonly end: number;
  readonly chunkId: string;
  readonly documentId: string;
  readonly title?: string;
  readonly uri?: string;
  readonly quote: string;
}

export interface AnswerResponse {
  readonly answer: { readonly text: string };
  readonly citations: readonly Citation[];
  /** True where the documents do not answer; the text then says so and there are no citations. */
  readonly abstained: boolean;
  /** `truncated`: the model's limit of length was reached; `blocked`: the model or its guard stopped it. */
  readonly endReason: 'complete' | 'abstained' | 'truncated' | 'blocked';
  /** True where text was written but no citation held. */
  readonly ungrounded: boolean;
  /** Citations of the model that did not hold and were dropped. */
  readonly droppedCitations: number;
  readonly model: string;
  readonly usage?: TokenUsage;
  readonly search: ResolvedSearchRequest;
  /** What the model was given, best first. */
  readonly passages: readonly Hit[];
  readonly timings: Readonly<Record<string, number>>;
  readonly degraded: readonly Degradation[];
}

/** Tokens of one model call. */
export interface TokenUsage {
  /** Those that came from the provider's cache or went into it not included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Absent where the provider has no cache. */
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
}

/** What an answer's stream is made of, in this order: passages, then text and citations, then usage, then done. */
export type AnswerEvent =
  | { readonly type: 'passages'; readonly passages: readonly Hit[] }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'citation'; readonly citation: Citation }
  | { readonly type: 'usage'; readonly usage: TokenUsage }
  | { readonly type: 'done'; readonly response: AnswerResponse };
