import type { ModelCall } from './model-call.ts';

/** Judges what people ask and what models write, and says what of it may go on. */
export interface Guardrail {
  readonly id: string;
  /** New characters that a stream gathers before each check; `Infinity`: the text is judged as a whole only. */
  readonly windowCharacters: number;
  /** Whether an answer is also to be judged as a whole at its end: for its grounding, and for what is long. */
  readonly judgesWhole: boolean;

  /**
   * Judges a text. Nothing of the text is in the verdict but places in it.
   * @throws whatever the adapter meets; the caller decides what an unchecked text is worth
   */
  check(text: GuardedText, call?: ModelCall): Promise<GuardrailVerdict>;
}

export interface GuardedText {
  readonly side: 'input' | 'output';
  readonly text: string;
  /** What stands right before `text` and was checked, for the borders of words. @default "" */
  readonly before?: string;
  /** True where text may follow: a match that the end of `text` cuts in two is then not yet settled. @default false */
  readonly isUnfinished?: boolean;
  /** With an answer as a whole: what it must be grounded in. */
  readonly grounding?: Grounding;
}

export interface Grounding {
  readonly question: string;
  readonly passages: readonly string[];
  /** What the answer cites; a part without a citation is held against all passages. */
  readonly cited: readonly { readonly start: number; readonly end: number; readonly passage: number }[];
}

export interface GuardrailVerdict {
  /** In the order of the text, not overlapping. */
  readonly matches: readonly GuardrailMatch[];
  /** No text that follows changes what is said of the text before this place; its length where nothing follows. */
  readonly settled: number;
  /** What holds of the text as a whole. */
  readonly findings: readonly GuardrailFinding[];
}

export type GuardrailPolicy =
  | 'sensitive_information'
  | 'word'
  | 'topic'
  | 'content'
  | 'prompt_attack'
  | 'grounding'
  | 'relevance'
  | 'other';

/** [start, end) of the text, and what becomes of it. */
export interface GuardrailMatch {
  readonly start: number;
  readonly end: number;
  readonly policy: GuardrailPolicy;
  /** A kind of data (`email`), or the name of a pattern; never what was matched. */
  readonly type: string;
  readonly action: 'masked' | 'blocked';
  /** What stands in its place where it is masked. */
  readonly replacement: string;
}

export interface GuardrailFinding {
  readonly policy: GuardrailPolicy;
  readonly type: string;
  /** `reported`: seen, and let through. */
  readonly action: 'blocked' | 'reported';
  /** 0 to 1. */
  readonly score?: number;
  readonly threshold?: number;
}
