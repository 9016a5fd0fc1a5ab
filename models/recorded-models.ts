import { BraidError } from '../domain/errors.ts';
import { replaceRanges, settledPlace } from '../domain/guarded-text.ts';
import type { Invocation, RecordInvocation } from '../domain/invocation.ts';
import type { ModelUsage } from '../domain/usage.ts';
import type { EmbeddingModel } from './embedding-model.ts';
import type { GuardedText, Guardrail, GuardrailVerdict } from './guardrail.ts';
import type { LanguageModel } from './language-model.ts';
import type { ModelCall } from './model-call.ts';
import type { RerankingModel } from './reranking-model.ts';

/** The same model, each call of which is written down with what it used. */
export function recordEmbeddingModel<Model extends EmbeddingModel>(
  model: Model,
  record: RecordInvocation,
): Model {
  return {
    ...model,
    async embedPassages(texts, call) {
      const entry = begin(record, model.id, 'embedding', call, { texts });
      return entry.settle(model.embedPassages(texts, entry.call));
    },
    async embedQuery(text, call) {
      const entry = begin(record, model.id, 'embedding', call, { texts: [text] });
      return entry.settle(model.embedQuery(text, entry.call));
    },
  };
}

/** The same model, each call of which is written down with what it used. */
export function recordRerankingModel(model: RerankingModel, record: RecordInvocation): RerankingModel {
  return {
    ...model,
    async rerank(query, texts, call) {
      const entry = begin(record, model.id, 'reranking', call, { query, texts });
      return entry.settle(model.rerank(query, texts, entry.call), (scores) => ({ scores }));
    },
  };
}

/** The same model, each answer of which is written down with what it used, also one that its reader left. */
export function recordLanguageModel(model: LanguageModel, record: RecordInvocation): LanguageModel {
  return {
    ...model,
    async *answer(prompt, call) {
      const { question, passages } = prompt;
      const entry = begin(record, model.id, 'language', call, { question, passages });
      let text = '';
      let outcome: Invocation['outcome'] = 'aborted';
      try {
        for await (const event of model.answer(prompt, entry.call)) {
          if (event.type === 'text') text += event.text;
          if (event.type === 'end') outcome = event.reason === 'complete' ? 'done' : event.reason;
          yield event;
        }
      } catch (error) {
        outcome = 'failed';
        entry.fail(error, { text });
        throw error;
      } finally {
        if (outcome !== 'failed') entry.end(outcome, { text });
      }
    },
    ...(model.complete !== undefined && {
      complete(prompt, call) {
        const entry = begin(record, model.id, 'language', call, prompt);
        return entry.settle(model.complete!(prompt, entry.call), (text) => ({ text }));
      },
    }),
  };
}

/**
 * The same guardrail, each check of which is written down with what it found. Of a text that it blocks nothing is, and
 * of the others what it let through.
 */
export function recordGuardrail(guardrail: Guardrail, record: RecordInvocation): Guardrail {
  return {
    ...guardrail,
    async check(given, call) {
      let verdict: GuardrailVerdict | undefined;
      const write: RecordInvocation = (invocation) =>
        record(verdict === undefined ? invocation : { ...invocation, ...judged(given, verdict) });
      // Until the verdict is there, nobody knows what of the text may be kept.
      const entry = begin(write, guardrail.id, 'guardrail', { ...call, isConfidential: true }, undefined);
      const checked = guardrail.check(given, entry.call).then((found) => {
        verdict = found;
        return found;
      });
      return entry.settle(checked);
    },
  };
}

/** What stands behind the settled place is judged again with what follows it, and not let through before. */
function judged(
  { side, text }: GuardedText,
  verdict: GuardrailVerdict,
): Required<Pick<Invocation, 'outcome' | 'bodies'>> {
  const { matches, findings } = verdict;
  const isBlocked = [...matches, ...findings].some(({ action }) => action === 'blocked');
  const settled = settledPlace(verdict);
  const passed = replaceRanges(
    text.slice(0, settled),
    matches.filter(({ start }) => start < settled),
  );
  return {
    outcome: isBlocked ? 'guardrail_intervened' : 'done',
    bodies: {
      request: { side, ...(!isBlocked && { text: passed }) },
      response: {
        matches: matches.map(({ policy, type, action }) => ({ policy, type, action })),
        findings,
      },
    },
  };
}

interface Entry {
  /** What the model is called with, so that its use is seen. */
  readonly call: ModelCall;
  end(outcome: Invocation['outcome'], response?: unknown): void;
  fail(error: unknown, response?: unknown): void;
  settle<T>(result: Promise<T>, respond?: (value: T) => unknown): Promise<T>;
}

function begin(
  record: RecordInvocation,
  model: string,
  kind: Invocation['kind'],
  given: ModelCall = {},
  request: unknown,
): Entry {
  const at = new Date().toISOString();
  const startedAt = performance.now();
  const usage: ModelUsage[] = [];
  const { tenantId, feature, requestId, signal, isConfidential = false } = given;
  const write = (outcome: Invocation['outcome'], response: unknown, error?: string) =>
    record({
      at,
      ...(tenantId !== undefined && { tenantId }),
      ...(feature !== undefined && { feature }),
      ...(requestId !== undefined && { requestId }),
      model,
      kind,
      milliseconds: Math.round(performance.now() - startedAt),
      outcome,
      ...(error !== undefined && { error }),
      usage,
      ...(!isConfidential && { bodies: { request, ...(response !== undefined && { response }) } }),
    });
  const fail = (error: unknown, response?: unknown) => {
    if (signal?.aborted) write('aborted', response);
    else write('failed', response, error instanceof BraidError ? error.code : 'internal_error');
  };
  return {
    call: {
      ...given,
      onUsage(used) {
        usage.push(used);
        given.onUsage?.(used);
      },
    },
    end: write,
    fail,
    async settle(result, respond) {
      try {
        const value = await result;
        write('done', respond?.(value));
        return value;
      } catch (error) {
        fail(error);
        throw error;
      }
    },
  };
}
