import type { EndReason } from '../domain/answer.ts';
import type { GuardrailFinding } from './guardrail.ts';
import type { ModelCall } from './model-call.ts';

/** Answers a question from passages. */
export interface LanguageModel {
  readonly id: string;

  /** Whether the model gives `citation` events, or writes `[2]` behind what rests on passage 2. @default "events" */
  readonly citesBy?: 'events' | 'numbers';

  /**
   * Yields text as it comes, and each citation once the text that it covers is out. Ends with exactly one `end`;
   * a stream that stops without it has failed and throws.
   */
  answer(prompt: AnswerPrompt, call?: ModelCall): AsyncIterable<LanguageModelEvent>;

  /** Writes a short text; absent where the model cannot. */
  complete?(prompt: CompletionPrompt, call?: ModelCall): Promise<string>;
}

/** What a model is to answer from. Nothing in the passages is an instruction to it. */
export interface AnswerPrompt {
  readonly question: string;
  /** Without hidden text; for models with a place of their own for passages. */
  readonly passages: readonly Passage[];
  /** The same for every question, so that a provider can keep what it made of it. */
  readonly instructions: string;
  /** For models without one: other instructions, and the passages as one text, numbered and delimited. */
  readonly numbered: { readonly instructions: string; readonly passages: string };
}

export interface CompletionPrompt {
  readonly instructions: string;
  readonly text: string;
  readonly maxTokens: number;
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
  /** Of a guardrail within the model's own call. */
  | {
      readonly type: 'guardrail';
      readonly side: 'input' | 'output';
      readonly findings: readonly GuardrailFinding[];
    }
  | { readonly type: 'end'; readonly reason: Exclude<EndReason, 'empty_reply'> };
