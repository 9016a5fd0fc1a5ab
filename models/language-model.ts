import type { TokenUsage } from '../domain/answer.ts';
import type { ModelCall } from './model-call.ts';

/** Answers a question from passages. */
export interface LanguageModel {
  readonly id: string;

  /**
   * Yields text as it comes, and each citation once the text that it covers is out. Ends with exactly one `end`;
   * a stream that stops without it has failed and throws.
   */
  answer(question: string, passages: readonly Passage[], call?: ModelCall): AsyncIterable<LanguageModelEvent>;
}

export interface Passage {
  readonly text: string;
  readonly title?: string;
  readonly uri?: string;
  /** A table's header or another context that stands outside the text. */
  readonly context?: string;
}

export type LanguageModelEvent =
  | { readonly type: 'text'; readonly text: string }
  /** [start, end) of the whole text so far; `quote` as the model gives it, checked by the caller. */
  | {
      readonly type: 'citation';
      readonly start: number;
      readonly end: number;
      readonly passage: number;
      readonly quote: string;
    }
  | {
      readonly type: 'end';
      readonly reason: 'complete' | 'abstained' | 'truncated' | 'blocked';
      readonly usage?: TokenUsage;
    };
