import type { AnswerRequest, AnswerResponse } from '../domain/answer.ts';
import type { GuardrailAction } from '../domain/guardrail.ts';
import type { Scope } from '../domain/scope.ts';
import type { Degradation } from '../domain/search.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { ModelCall } from '../models/model-call.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AnswerSettings } from './answer.ts';
import { createCheck, guardQuestion } from './guard.ts';
import { GuardrailReport } from './guardrail-report.ts';
import type { Evidence, Sessions, Turn } from './sessions.ts';
import { joinQuestions, rewriteQuestion } from './stand-alone.ts';

/** A question that may be searched for, or why it may not. */
export interface OpenTurn {
  /** Guarded, and standing alone. */
  readonly question: string;
  readonly settings: AnswerSettings;
  readonly guardrails: readonly GuardrailAction[];
  readonly degraded: readonly Degradation[];
  /** Said instead of an answer: the question goes no further. */
  readonly refusal?: string;
  /** Adds the turn to its session, where there is one, and returns the session's id. */
  keep(response: AnswerResponse): Promise<string | undefined>;
}

/** Opens the turn of one request: remember -> guard -> make it stand alone -> guard what that changed. */
export type OpenTurnOf = (
  scope: Scope,
  request: Pick<AnswerRequest, 'question' | 'sessionId'>,
  model: LanguageModel,
  call: ModelCall,
) => Promise<OpenTurn>;

/** Chunks that one remembered answer may rest on. */
const maxEvidence = 1_000;

/** The `sessionId` that begins a session. */
export const newSession = 'new';

/** @throws {NotFound} {ModelUnavailable} */
export function createTurns(
  sessions: Sessions,
  settingsOf: (tenantId: string) => AnswerSettings,
  telemetry: Telemetry,
): OpenTurnOf {
  return async (scope, { question, sessionId }, model, call) => {
    const settings = settingsOf(scope.tenantId);
    const known = sessionId === newSession ? undefined : sessionId;
    const degraded: Degradation[] = [];
    // Not waited for before the session is begun, at the end.
    const life = sessionId === newSession ? sessions.lifeOf(scope) : undefined;
    life?.catch(() => {
      // Told there.
    });
    const turns = known === undefined ? [] : await sessions.read(scope, known, call.signal);

    const report = new GuardrailReport('input');
    let refusal: string | undefined;
    const guarded = async (text: string): Promise<string> => {
      if (settings.guard === undefined) return text;
      const check = createCheck(settings.guard, telemetry, call, (degradation) => degraded.push(degradation));
      const question = await guardQuestion(text, check, settings.guard.blockedInput, report);
      if (!question.isBlocked) return question.text;
      refusal = question.text;
      return '';
    };
    const asked = await guarded(question);
    let standAlone =
      refusal === undefined ? await standingAlone(asked, turns, model, call, telemetry, degraded) : '';
    // What was said before, and a model's words, have come into it.
    if (standAlone !== asked) standAlone = await guarded(standAlone);

    return {
      question: standAlone,
      settings,
      guardrails: report.actions(),
      degraded,
      ...(refusal !== undefined && { refusal }),
      async keep(response) {
        if (sessionId === undefined) return undefined;
        // A question that was refused is not kept, whether before the model or by a guardrail within its call.
        const { guardrails, endReason } = response;
        const isRefused =
          refusal !== undefined ||
          guardrails.some(({ side, action }) => side === 'input' && action === 'blocked') ||
          // That tells nothing of what it found: it may have been the question.
          (endReason === 'guardrail_intervened' && !guardrails.some(({ side }) => side === 'output'));
        const turn = isRefused ? undefined : turnOf(asked, standAlone, response, turns);
        return sessions.add(scope, known, turn, await life);
      },
    };
  };
}

async function standingAlone(
  question: string,
  turns: readonly Turn[],
  model: LanguageModel,
  call: ModelCall,
  telemetry: Telemetry,
  degraded: Degradation[],
): Promise<string> {
  if (turns.length === 0) return question;
  if (model.complete === undefined) return joinQuestions(question, turns);
  const startedAt = performance.now();
  try {
    return await rewriteQuestion(question, turns, (prompt, given) => model.complete!(prompt, given), call);
  } catch (error) {
    call.signal?.throwIfAborted();
    telemetry.log.warn({ model: model.id, error }, 'Cannot rewrite a follow-up question');
    telemetry.count('degradations', 1, { stage: 'rewrite' });
    degraded.push({ stage: 'rewrite', reason: `${model.id} could not rewrite the question` });
    return joinQuestions(question, turns);
  } finally {
    telemetry.stage('rewrite', performance.now() - startedAt);
  }
}

function turnOf(
  question: string,
  standAlone: string,
  { answer, passages, endReason, withheld }: AnswerResponse,
  earlier: readonly Turn[],
): Turn {
  if (endReason === 'guardrail_intervened' || withheld) return { question };
  const before = earlier.flatMap(({ answered }) => answered?.restedOn ?? []);
  const own = passages.map(
    ({ chunk, documentId, contentHash }): Evidence => ({ chunkId: chunk.chunkId, documentId, contentHash }),
  );
  const restedOn = [...new Map([...before, ...own].map((evidence) => [evidence.chunkId, evidence])).values()];
  // What is built on answers rests on all that they rested on: a conversation without end must not grow without end.
  if (restedOn.length > maxEvidence) return { question };
  return { question, answered: { standAlone, answer: answer.text, restedOn } };
}
