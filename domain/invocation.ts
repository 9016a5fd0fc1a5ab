import type { EndReason } from './answer.ts';
import type { ModelFeature, ModelUsage } from './usage.ts';

/** One call of a model, as it is written down. */
export interface Invocation {
  /** ISO 8601, UTC, of its beginning. */
  readonly at: string;
  /** Absent where Braid called for itself. */
  readonly tenantId?: string;
  readonly feature?: ModelFeature;
  readonly requestId?: string;
  readonly model: string;
  readonly kind: 'embedding' | 'reranking' | 'language' | 'guardrail';
  readonly milliseconds: number;
  /** `failed` with the code of the error; `aborted`: its caller left or its time was over. */
  readonly outcome: 'done' | 'failed' | 'aborted' | Exclude<EndReason, 'complete' | 'empty_reply'>;
  readonly error?: string;
  readonly usage: readonly ModelUsage[];
  /** What was sent and what came back, without vectors; written down only where that is set. */
  readonly bodies?: { readonly request: unknown; readonly response?: unknown };
}

/** Told of each call of a model when it has ended; returns at once. */
export type RecordInvocation = (invocation: Invocation) => void;
