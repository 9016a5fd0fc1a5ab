import { BraidError, ModelUnavailable } from '../domain/errors.ts';
import { replaceRanges } from '../domain/guarded-text.ts';
import { hiddenRanges } from '../domain/hidden-text.ts';
import type { Degradation } from '../domain/search.ts';
import { withinTime } from '../domain/within-time.ts';
import type { Guardrail } from '../models/guardrail.ts';
import type { ModelCall } from '../models/model-call.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { GuardrailReport } from './guardrail-report.ts';
import type { Check } from './output-guard.ts';

/** A tenant's guardrail, and what is done around it. */
export interface GuardPolicy {
  readonly guardrail: Guardrail;
  readonly stream: 'sync' | 'async';
  /** Where the guardrail cannot be asked: nothing goes on, or everything does and the reply says so. */
  readonly onFailure: 'block' | 'allow';
  /** Of one check. */
  readonly timeoutMs: number;
  readonly blockedInput: string;
  readonly blockedOutput: string;
}

/** What became of a question. */
export interface GuardedQuestion {
  /** Masked where it had to be; the policy's message where it is blocked. */
  readonly text: string;
  readonly isBlocked: boolean;
  readonly report: GuardrailReport;
}

/**
 * Makes the check of one request under a policy: bounded in time, and failing as the policy says.
 * @param degraded told of a failure that the policy lets pass
 */
export function createCheck(
  policy: GuardPolicy,
  telemetry: Telemetry,
  call: ModelCall,
  degraded: (degradation: Degradation) => void,
): Check {
  const { guardrail, onFailure, timeoutMs } = policy;
  return async (given) => {
    const startedAt = performance.now();
    try {
      return await withinTime(timeoutMs, call.signal, (signal) =>
        // Before it is checked nobody knows whether a text may be kept.
        guardrail.check(given, { ...call, signal, isConfidential: true }),
      );
    } catch (error) {
      call.signal?.throwIfAborted();
      const reason = `guardrail ${guardrail.id} could not check the ${given.side}`;
      telemetry.log.warn({ guardrail: guardrail.id, side: given.side, error }, 'Cannot ask a guardrail');
      if (onFailure === 'allow') {
        telemetry.count('degradations', 1, { stage: 'guardrail' });
        degraded({ stage: 'guardrail', reason });
        return undefined;
      }
      if (error instanceof BraidError && !(error instanceof ModelUnavailable)) throw error;
      throw new ModelUnavailable(`Cannot answer: ${reason}, and nothing goes on unchecked`, { cause: error });
    } finally {
      telemetry.stage('guardrail', performance.now() - startedAt);
    }
  };
}

/** Holds a question against a policy before anything is done with it. */
export async function guardQuestion(
  question: string,
  check: Check,
  blockedMessage: string,
  report = new GuardrailReport('input'),
): Promise<GuardedQuestion> {
  // What nobody sees would stand between the letters of what is looked for.
  const hidden = hiddenRanges(question, 0, question.length);
  const text = replaceRanges(
    question,
    hidden.map(([start, end]) => ({ start, end, replacement: '' })),
  );
  const verdict = await check({ side: 'input', text });
  if (verdict === undefined) return { text, isBlocked: false, report };
  const { matches, findings } = verdict;
  for (const match of matches) report.addMatch(match);
  for (const finding of findings) report.addFinding(finding);
  if ([...matches, ...findings].some(({ action }) => action === 'blocked')) {
    return { text: blockedMessage, isBlocked: true, report };
  }
  return { text: replaceRanges(text, matches), isBlocked: false, report };
}
