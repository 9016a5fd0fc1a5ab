import type { AnswerEvent, AnswerResponse, Citation, TokenUsage } from '../domain/answer.ts';
import { BraidError, ModelUnavailable } from '../domain/errors.ts';
import type { Hit, SearchResponse } from '../domain/search.ts';
import type { LanguageModel, LanguageModelEvent, Passage } from '../models/language-model.ts';
import type { ModelCall } from '../models/model-call.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { verifyCitation } from './cite.ts';

export type Answer = (
  question: string,
  found: SearchResponse,
  model: LanguageModel,
  call?: ModelCall,
) => AsyncIterable<AnswerEvent>;

/** What is said where there is nothing to answer from. */
export const abstention = 'The documents do not answer this question.';

/**
 * ground -> generate -> cite: gives the model the passages and passes on what it writes, with each citation checked
 * before it goes out. A citation that does not hold is dropped and counted, whatever model wrote it.
 * @throws {ModelUnavailable} when the model fails or its stream stops before its end
 */
export function createAnswer(telemetry: Telemetry): Answer {
  return async function* answer(question, found, model, call) {
    const startedAt = performance.now();
    const passages = found.results;
    yield { type: 'passages', passages };

    const draft = new Draft(passages);
    if (passages.length === 0) {
      yield* draft.abstain();
    } else {
      yield* generate(draft, question, model, call);
    }
    const milliseconds = performance.now() - startedAt;
    telemetry.stage('generate', milliseconds);
    telemetry.count('dropped_citations', draft.dropped);
    if (draft.usage !== undefined) yield { type: 'usage', usage: draft.usage };
    yield { type: 'done', response: draft.response(found, model.id, milliseconds) };
  };
}

async function* generate(
  draft: Draft,
  question: string,
  model: LanguageModel,
  call: ModelCall | undefined,
): AsyncGenerator<AnswerEvent> {
  try {
    for await (const event of model.answer(question, draft.passages.map(toPassage), call)) {
      yield* draft.take(event);
    }
  } catch (error) {
    call?.signal?.throwIfAborted();
    if (error instanceof BraidError) throw error;
    throw new ModelUnavailable(`Cannot answer: the language model ${model.id} failed`, { cause: error });
  }
  if (draft.endReason === undefined) {
    throw new ModelUnavailable(
      `Cannot answer: the reply of the language model ${model.id} stopped before its end`,
    );
  }
}

/** The answer as it grows. */
class Draft {
  readonly passages: readonly Hit[];
  text = '';
  citations: Citation[] = [];
  dropped = 0;
  endReason: AnswerResponse['endReason'] | undefined;
  usage: TokenUsage | undefined;

  constructor(passages: readonly Hit[]) {
    this.passages = passages;
  }

  *abstain(): Generator<AnswerEvent> {
    yield* this.take({ type: 'text', text: abstention });
    yield* this.take({ type: 'end', reason: 'abstained' });
  }

  *take(event: LanguageModelEvent): Generator<AnswerEvent> {
    if (event.type === 'text') {
      this.text += event.text;
      yield event;
    } else if (event.type === 'citation') {
      const citation = verifyCitation(event, this.text, this.passages);
      if (citation === undefined) {
        this.dropped += 1;
      } else {
        this.citations.push(citation);
        yield { type: 'citation', citation };
      }
    } else {
      this.endReason = event.reason;
      this.usage = event.usage;
    }
  }

  response(found: SearchResponse, model: string, milliseconds: number): AnswerResponse {
    const endReason = this.endReason ?? 'complete';
    const abstained = endReason === 'abstained';
    // Who does not answer cites nothing.
    const citations = abstained ? [] : this.citations;
    return {
      answer: { text: this.text },
      citations,
      abstained,
      endReason,
      ungrounded: !abstained && citations.length === 0,
      droppedCitations: this.dropped + this.citations.length - citations.length,
      model,
      ...(this.usage !== undefined && { usage: this.usage }),
      search: found.request,
      passages: this.passages,
      timings: {
        ...found.timings,
        generate: milliseconds,
        total: (found.timings.total ?? 0) + milliseconds,
      },
      degraded: found.degraded,
    };
  }
}

/** The chunk's own text, also where a parent is shown with it: quotes are checked against the chunk. */
function toPassage({ chunk, title, uri }: Hit): Passage {
  return {
    text: chunk.text,
    ...(title !== undefined && { title }),
    ...(uri !== undefined && { uri }),
    ...(chunk.context !== undefined && { context: chunk.context }),
  };
}
