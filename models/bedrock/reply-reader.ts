import type {
  ContentBlock,
  ConverseStreamOutput,
  GuardrailTraceAssessment,
  StopReason,
  TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import type { LanguageModelEvent } from '../language-model.ts';
import type { CitedPassages, GivenCitation } from './cited-passages.ts';

/** Reads what a model replies, whole or event by event, into our events. Pure. */
export class ReplyReader {
  readonly #cited: CitedPassages | undefined;
  #blockStart = 0;
  #citations: GivenCitation[] = [];
  /** The model has taken the request and begun to reply, though maybe not with a word. */
  hasReply = false;
  text = '';
  stopReason: StopReason | undefined;
  usage: TokenUsage | undefined;
  guardrail: GuardrailTraceAssessment | undefined;

  constructor(cited: CitedPassages | undefined) {
    this.#cited = cited;
  }

  *event(event: ConverseStreamOutput): Generator<LanguageModelEvent> {
    const { delta } = event.contentBlockDelta ?? {};
    if (delta?.text !== undefined) yield* this.#write(delta.text);
    if (delta?.citation !== undefined) this.#citations.push(delta.citation);
    if (event.contentBlockStop !== undefined) yield* this.#closeBlock();
    if (event.messageStop !== undefined) this.stopReason = event.messageStop.stopReason;
    if (event.metadata !== undefined) {
      this.usage = event.metadata.usage;
      this.guardrail = event.metadata.trace?.guardrail;
    }
  }

  *block(block: ContentBlock): Generator<LanguageModelEvent> {
    if (block.text !== undefined) yield* this.#write(block.text);
    for (const { text } of block.citationsContent?.content ?? [])
      if (text !== undefined) yield* this.#write(text);
    this.#citations.push(...(block.citationsContent?.citations ?? []));
    yield* this.#closeBlock();
  }

  *#write(text: string): Generator<LanguageModelEvent> {
    if (text === '') return;
    this.text += text;
    yield { type: 'text', text };
  }

  /** Citations are of the block that they come in: they go out once its text is whole. */
  *#closeBlock(): Generator<LanguageModelEvent> {
    const written = this.text.slice(this.#blockStart);
    const start = this.#blockStart + written.length - written.trimStart().length;
    const end = this.#blockStart + written.trimEnd().length;
    for (const citation of this.#citations) {
      const { passage, quote } = this.#cited?.resolve(citation) ?? { passage: -1, quote: '' };
      yield { type: 'citation', start, end, passage, quote };
    }
    this.#blockStart = this.text.length;
    this.#citations = [];
  }
}

type EndReason = Extract<LanguageModelEvent, { type: 'end' }>['reason'];

const endReasons: Readonly<Record<StopReason, EndReason>> = {
  end_turn: 'complete',
  stop_sequence: 'complete',
  max_tokens: 'truncated',
  content_filtered: 'content_filtered',
  guardrail_intervened: 'guardrail_intervened',
  model_context_window_exceeded: 'context_window_exceeded',
  malformed_model_output: 'malformed_reply',
  malformed_tool_use: 'malformed_reply',
  // It was given no tools.
  tool_use: 'malformed_reply',
};

/** What a stop reason means; one that is new to us is not taken for a whole answer. */
export function endReasonOf(stopReason: StopReason): EndReason {
  return endReasons[stopReason] ?? 'malformed_reply';
}
