import type { AnswerEvent, AnswerResponse, EndReason } from '../domain/answer.ts';
import { BraidError, ModelUnavailable } from '../domain/errors.ts';
import type { GuardrailAction } from '../domain/guardrail.ts';
import type { Degradation, SearchResponse } from '../domain/search.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { ModelCall } from '../models/model-call.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { Draft } from './draft.ts';
import { createCheck, type GuardPolicy } from './guard.ts';
import { GuardrailReport } from './guardrail-report.ts';
import { linkHosts } from './links.ts';
import { OutputGuard } from './output-guard.ts';
import { abstention, assemblePrompt } from './prompt.ts';

export { abstention };

/** What a tenant wants of answers. */
export interface AnswerSettings {
  readonly guard?: GuardPolicy;
  /** An answer that no citation backs is not shown. */
  readonly withholdUngrounded: boolean;
  /** Hosts that answers may lead to beside those of their passages. */
  readonly linkHosts: readonly string[];
}

export interface AnswerInput {
  readonly question: string;
  readonly found: SearchResponse;
  readonly model: LanguageModel;
  readonly settings: AnswerSettings;
  /** What a guardrail did to the question. @default [] */
  readonly guardrails?: readonly GuardrailAction[];
  /** Said instead of an answer, of a question that was refused. */
  readonly refusal?: string;
  readonly call?: ModelCall;
}

export type Answer = (input: AnswerInput) => AsyncIterable<AnswerEvent>;

export const withheldMessage = 'The answer was withheld: nothing that it cites backs it.';

/**
 * ground -> generate -> cite -> guard: gives the model the passages and passes on what it writes once it is cleaned,
 * checked, and its citations hold. A citation that does not hold is dropped and counted, whatever model wrote it.
 * @throws {ModelUnavailable} when the model fails or its stream stops before its end, or a guardrail cannot be asked
 */
export function createAnswer(telemetry: Telemetry): Answer {
  return async function* answer({ question, found, model, settings, guardrails = [], refusal, call = {} }) {
    const startedAt = performance.now();
    const degraded: Degradation[] = [...found.degraded];
    const guard = createOutputGuard(settings.guard, telemetry, call, degraded);
    const draft = new Draft({
      hits: found.results,
      hosts: linkHosts(
        found.results.map(({ uri }) => uri),
        settings.linkHosts,
      ),
      takesMarkers: model.citesBy === 'numbers',
      guard,
      waitsForCitation: settings.withholdUngrounded,
    });
    yield { type: 'passages', passages: found.results };

    // What a guardrail within the model's own call makes of the prompt.
    const ownInput = new GuardrailReport('input');
    let outcome: Outcome;
    if (refusal !== undefined) {
      outcome = { ...nothing, text: refusal, endReason: 'guardrail_intervened', dropped: 0, isOwn: true };
    } else {
      let reason: EndReason = 'abstained';
      if (found.results.length > 0) reason = yield* generate(draft, guard, ownInput, question, model, call);
      outcome = outcomeOf(draft, guard, reason, settings);
    }
    if (outcome.isOwn) yield { type: 'text', text: outcome.text };
    const milliseconds = performance.now() - startedAt;
    telemetry.stage('generate', milliseconds);
    telemetry.count('dropped_citations', outcome.dropped);
    if (draft.removed.links > 0) telemetry.count('removed_links', draft.removed.links);
    const response: AnswerResponse = {
      answer: { text: outcome.text },
      citations: outcome.citations,
      abstained: outcome.endReason === 'abstained',
      endReason: outcome.endReason,
      ungrounded: outcome.isUngrounded,
      withheld: outcome.isWithheld,
      droppedCitations: outcome.dropped,
      guardrails: [...guardrails, ...ownInput.actions(), ...guard.report.actions()],
      removed: draft.removed,
      model: model.id,
      usage: found.usage,
      search: found.request,
      passages: found.results,
      timings: { ...found.timings, generate: milliseconds, total: (found.timings.total ?? 0) + milliseconds },
      degraded,
    };
    yield { type: 'done', response };
  };
}

function createOutputGuard(
  policy: GuardPolicy | undefined,
  telemetry: Telemetry,
  call: ModelCall,
  degraded: Degradation[],
): OutputGuard {
  if (policy === undefined) return new OutputGuard(unguarded);
  let isDown = false;
  const check = createCheck(policy, telemetry, call, (degradation) => {
    if (!isDown) degraded.push(degradation);
    isDown = true;
  });
  const { windowCharacters, judgesWhole } = policy.guardrail;
  return new OutputGuard({
    // What failed once in an answer is not asked again for each piece of it.
    check: async (text) => (isDown ? undefined : check(text)),
    mode: policy.stream,
    windowCharacters,
    judgesWhole,
  });
}

const unguarded = {
  check: async () => undefined,
  mode: 'sync',
  windowCharacters: 1,
  judgesWhole: false,
} as const;

async function* generate(
  draft: Draft,
  guard: OutputGuard,
  ownInput: GuardrailReport,
  question: string,
  model: LanguageModel,
  call: ModelCall,
): AsyncGenerator<AnswerEvent, EndReason> {
  const stop = new AbortController();
  const signal = call.signal === undefined ? stop.signal : AbortSignal.any([call.signal, stop.signal]);
  let reason: EndReason | undefined;
  try {
    const prompt = assemblePrompt(question, draft.passages);
    for await (const event of model.answer(prompt, { ...call, signal })) {
      if (event.type === 'text') yield* draft.write(event.text);
      else if (event.type === 'citation') yield* draft.cite(event);
      else if (event.type === 'guardrail') {
        const report = event.side === 'input' ? ownInput : guard.report;
        for (const finding of event.findings) report.addFinding(finding);
      } else reason = event.reason;
      if (guard.isBlocked || guard.isCut) break;
    }
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof BraidError) throw error;
    throw new ModelUnavailable(`Cannot answer: the language model ${model.id} failed`, { cause: error });
  } finally {
    // The model writes on for nobody where the answer was cut or its reader has left.
    stop.abort();
  }
  if (reason === undefined && !guard.isBlocked && !guard.isCut) {
    throw new ModelUnavailable(
      `Cannot answer: the reply of the language model ${model.id} stopped before its end`,
    );
  }
  yield* draft.end(question);
  return reason ?? 'guardrail_intervened';
}

interface Outcome {
  readonly text: string;
  readonly citations: AnswerResponse['citations'];
  readonly endReason: EndReason;
  readonly isUngrounded: boolean;
  readonly isWithheld: boolean;
  readonly dropped: number;
  /** The text is Braid's own, or was kept back, and has not gone out. */
  readonly isOwn: boolean;
}

const nothing = { citations: [], isUngrounded: false, isWithheld: false, isOwn: false } as const;

function outcomeOf(draft: Draft, guard: OutputGuard, ended: EndReason, settings: AnswerSettings): Outcome {
  const { dropped, citations } = draft;
  if (guard.isBlocked) {
    const text = settings.guard?.blockedOutput ?? '';
    return { ...nothing, text, endReason: 'guardrail_intervened', dropped, isOwn: !draft.hasGoneOut };
  }
  const isAbstention = ended === 'abstained' || (ended === 'complete' && draft.text.trim() === abstention);
  if (isAbstention && !guard.isCut) {
    return {
      ...nothing,
      text: draft.isEmpty ? abstention : draft.text,
      endReason: 'abstained',
      // Who does not answer cites nothing.
      dropped: dropped + citations.length,
      isOwn: !draft.hasGoneOut,
    };
  }
  const isUngrounded = citations.length === 0;
  const isWithheld = isUngrounded && settings.withholdUngrounded;
  return {
    text: isWithheld ? withheldMessage : draft.text,
    citations,
    endReason: endReasonOf(draft, guard, ended),
    isUngrounded,
    isWithheld,
    dropped,
    isOwn: isWithheld,
  };
}

function endReasonOf(draft: Draft, guard: OutputGuard, ended: EndReason): EndReason {
  if (guard.isCut) return 'guardrail_intervened';
  return ended === 'complete' && draft.isEmpty ? 'empty_reply' : ended;
}
