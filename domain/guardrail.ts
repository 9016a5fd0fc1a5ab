/** What a guardrail did to a question or an answer, told in the reply; never what was matched. */
export interface GuardrailAction {
  readonly side: 'input' | 'output';
  readonly policy: string;
  /** A kind of data (`email`), or the name of a pattern, a topic, a list. */
  readonly type: string;
  /** `reported`: seen, and let through. */
  readonly action: 'masked' | 'blocked' | 'reported';
  readonly count: number;
  /** Of findings that have one, 0 to 1: the lowest of a grounding, the highest of everything else. */
  readonly score?: number;
  readonly threshold?: number;
  /** True where the text had gone out before it was found: a stream in `async` mode. */
  readonly late?: true;
}
