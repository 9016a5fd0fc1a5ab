import type { ModelFeature, ModelUsage } from '../domain/usage.ts';

/** What a stage says with each call of a model, beside the text: on whose behalf, how long, and who is told the cost. */
export interface ModelCall {
  readonly signal?: AbortSignal | undefined;
  readonly tenantId?: string | undefined;
  readonly feature?: ModelFeature | undefined;
  /** Of the user's request, where there is one. */
  readonly requestId?: string | undefined;
  /** After this moment of `performance.now()` the result is of no use: nothing is waited for beyond it. */
  readonly deadline?: number | undefined;
  /** Shared by all calls for one user request. Absent: work in the background, as patient as the adapter is. */
  readonly failureBudget?: FailureBudget | undefined;
  /** The texts may turn out to be such as must not be kept: nothing of them is written down that no guardrail let through. */
  readonly isConfidential?: true | undefined;
  /** Told what the call used as soon as that is known, also where the call then fails. */
  readonly onUsage?: ((usage: ModelUsage) => void) | undefined;
}

/** How many failed calls one user request may still cost: each takes one, and at 0 no model is called any more. */
export interface FailureBudget {
  left: number;
}
