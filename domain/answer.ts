import type { GuardrailAction } from './guardrail.ts';
import type { Degradation, Hit, ResolvedSearchRequest, SearchRequest } from './search.ts';
import type { ModelUsage } from './usage.ts';

/** How an answer ended; the values are stable. */
export type EndReason =
  | 'complete'
  /** The documents do not answer. */
  | 'abstained'
  /** The model's limit of length was reached: the text is cut. */
  | 'truncated'
  /** The provider's own filter stopped the model. */
  | 'content_filtered'
  /** A guardrail refused the question or the answer. */
  | 'guardrail_intervened'
  /** Passages and question were more than the model can read. */
  | 'context_window_exceeded'
  /** The model ended without a word. */
  | 'empty_reply'
  /** The model wrote what is no text: a broken reply, a call of a tool that it was not given. */
  | 'malformed_reply';

/** A question over the tenant's documents. `search` is a search request without query, topK, cursor and facets. */
export interface AnswerRequest {
  /** 1 to 4,000 characters. */
  readonly question: string;
  readonly search?: Omit<SearchRequest, 'query' | 'topK' | 'cursor' | 'facets'>;
  /** How many hits the answer may rest on, 1 to 50. @default 5 */
  readonly passages?: number;
  /** `new` begins a session; the id that comes back continues it. @default none */
  readonly sessionId?: string;
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
  readonly endReason: EndReason;
  /** True where text was written but no citation held. */
  readonly ungrounded: boolean;
  /** True where the answer was ungrounded and the tenant wants none of those: the text then says so. */
  readonly withheld: boolean;
  /** Citations of the model that did not hold and were dropped. */
  readonly droppedCitations: number;
  /** What a guardrail did to the question and to the answer; empty where it found nothing, or there is none. */
  readonly guardrails: readonly GuardrailAction[];
  /** What was taken out of the model's text: links to hosts that no passage comes from, characters nobody sees. */
  readonly removed: { readonly links: number; readonly hiddenCharacters: number };
  /** Absent where the answer belongs to none. */
  readonly sessionId?: string;
  readonly model: string;
  /** What the models used for this reply, the search included. */
  readonly usage: readonly ModelUsage[];
  readonly search: ResolvedSearchRequest;
  /** What the model was given, best first. */
  readonly passages: readonly Hit[];
  readonly timings: Readonly<Record<string, number>>;
  readonly degraded: readonly Degradation[];
}

/** What an answer's stream is made of, in this order: passages, then text and citations, then usage, then done. */
export type AnswerEvent =
  | { readonly type: 'passages'; readonly passages: readonly Hit[] }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'citation'; readonly citation: Citation }
  | { readonly type: 'usage'; readonly usage: readonly ModelUsage[] }
  | { readonly type: 'done'; readonly response: AnswerResponse };
