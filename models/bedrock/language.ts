import {
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { ModelRefused, ModelUnavailable } from '../../domain/errors.ts';
import type { ModelUsage, UsageKind } from '../../domain/usage.ts';
import { TimedOut, withinTime } from '../../domain/within-time.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { LanguageModel, LanguageModelEvent } from '../language-model.ts';
import type { ModelCall } from '../model-call.ts';
import { createCaller } from './caller.ts';
import { citePassages } from './cited-passages.ts';
import type { BedrockConnection } from './connection.ts';
import { answerInput, type ConverseInput, type ConverseSettings, input } from './converse-input.ts';
import { createEstimatingTokenizer } from './estimate-tokens.ts';
import { explainFailure } from './failure.ts';
import { guardrailFindings } from './guardrail-findings.ts';
import { endReasonOf, ReplyReader } from './reply-reader.ts';

export interface BedrockLanguageOptions extends ConverseSettings {
  readonly connection: BedrockConnection;
  /** As it stands in the configuration. */
  readonly id: string;
  readonly maxAnswerTokens: number;
  /** Silence after which a call, or a stream that has begun, has failed. */
  readonly timeoutMs: number;
  readonly maxCallsAtOnce: number;
  readonly telemetry: Telemetry;
}

const tokenizer = createEstimatingTokenizer({ charactersPerToken: 6 });

/**
 * A language model in Bedrock, by Converse and ConverseStream: one form for every provider. A stream counts as an answer
 * only when its end was announced; one that just stops has failed, on every protocol.
 */
export function createBedrockLanguageModel(options: BedrockLanguageOptions): LanguageModel {
  const { connection, id, traits, timeoutMs, guardrail } = options;
  const caller = createCaller({ ...options, model: id, doing: 'answer' });
  const guardrailConfig = guardrail && {
    guardrailIdentifier: guardrail.id,
    guardrailVersion: guardrail.version,
    trace: guardrail.trace,
  };

  const sendWhole = (request: ConverseInput, call: ModelCall) =>
    caller(call, (abortSignal) =>
      connection
        .runtime()
        .send(new ConverseCommand({ ...request, ...(guardrailConfig && { guardrailConfig }) }), {
          abortSignal,
        }),
    );

  async function* readWhole(
    reader: ReplyReader,
    request: ConverseInput,
    call: ModelCall,
  ): AsyncGenerator<LanguageModelEvent> {
    const reply = await sendWhole(request, call);
    reader.hasReply = true;
    reader.usage = reply.usage;
    reader.stopReason = reply.stopReason;
    reader.guardrail = reply.trace?.guardrail;
    for (const block of reply.output?.message?.content ?? []) yield* reader.block(block);
  }

  async function* readStream(
    reader: ReplyReader,
    request: ConverseInput,
    call: ModelCall,
  ): AsyncGenerator<LanguageModelEvent> {
    const stop = new AbortController();
    const command = new ConverseStreamCommand({
      ...request,
      ...(guardrailConfig && {
        guardrailConfig: { ...guardrailConfig, streamProcessingMode: guardrail!.streamMode },
      }),
    });
    try {
      // The caller's signal guards the beginning, `stop` the whole of the stream.
      const { stream } = await caller(call, (signal) =>
        connection.runtime().send(command, { abortSignal: AbortSignal.any([signal, stop.signal]) }),
      );
      const events = (stream ?? [])[Symbol.asyncIterator as never] as
        | undefined
        | (() => AsyncIterator<ConverseStreamOutput>);
      reader.hasReply = true;
      if (events === undefined) return;
      const iterator = events.call(stream);
      for (;;) {
        const next = await withinTime(timeoutMs, call.signal, () => iterator.next());
        if (next.done) return;
        yield* reader.event(next.value);
      }
    } finally {
      // A stream that was left before its end goes on costing until its connection is gone.
      stop.abort();
    }
  }

  /** Tokens as replied; where the reply did not come that far, as counted. */
  const tellUsage = (reader: ReplyReader, request: ConverseInput, { onUsage }: ModelCall) => {
    const tell = (kind: UsageKind, amount: number | undefined, isEstimated?: true) => {
      const usage: ModelUsage = { model: id, kind, amount: amount ?? 0, ...(isEstimated && { isEstimated }) };
      if (usage.amount > 0) onUsage?.(usage);
    };
    const { usage } = reader;
    tell(
      'input',
      usage?.inputTokens ?? tokenizer.count(JSON.stringify([request.system, request.messages])),
      usage ? undefined : true,
    );
    tell('output', usage?.outputTokens ?? tokenizer.count(reader.text), usage ? undefined : true);
    tell('cache_read', usage?.cacheReadInputTokens);
    tell('cache_write', usage?.cacheWriteInputTokens);
  };

  return {
    id,
    citesBy: traits.citesSearchResults ? 'events' : 'numbers',

    async *answer(prompt, call = {}) {
      const cited = traits.citesSearchResults ? citePassages(prompt.passages) : undefined;
      const request = answerInput(options, prompt, cited, options.maxAnswerTokens, call);
      const reader = new ReplyReader(cited);
      try {
        yield* traits.streams ? readStream(reader, request, call) : readWhole(reader, request, call);
      } catch (error) {
        call.signal?.throwIfAborted();
        const failure = explained(error, id);
        // What is refused within a stream was not read.
        if (failure instanceof ModelRefused && reader.text === '') reader.hasReply = false;
        if (!isTooLong(error)) throw failure;
        yield { type: 'end', reason: 'context_window_exceeded' };
        return;
      } finally {
        // From its first moment on, also where it breaks or its reader leaves before a word has come.
        if (reader.hasReply) tellUsage(reader, request, call);
      }
      if (reader.stopReason === undefined) {
        throw new ModelUnavailable(`Cannot answer with ${id}: its reply stopped before its end`);
      }
      for (const side of ['input', 'output'] as const) {
        const findings = guardrailFindings(reader.guardrail, side);
        if (findings.length > 0) yield { type: 'guardrail', side, findings };
      }
      yield { type: 'end', reason: endReasonOf(reader.stopReason) };
    },

    async complete({ instructions, text, maxTokens }, call = {}) {
      const request = input(options, instructions, [{ text }], maxTokens, call);
      const reader = new ReplyReader(undefined);
      for await (const _ of readWhole(reader, request, call));
      tellUsage(reader, request, call);
      const reason = reader.stopReason === undefined ? 'malformed_reply' : endReasonOf(reader.stopReason);
      if (reason !== 'complete' || reader.text.trim() === '') {
        const what = reason === 'complete' ? 'an empty reply' : `a reply that ended as ${reason}`;
        throw new ModelUnavailable(`Cannot complete with ${id}: got ${what}`);
      }
      return reader.text;
    },
  };
}

function isTooLong(error: unknown): boolean {
  const cause = error instanceof ModelRefused ? error.cause : error;
  return (
    cause instanceof Error &&
    /input is too long|too many (input )?tokens|prompt is too long/i.test(cause.message)
  );
}

function explained(error: unknown, model: string): Error {
  const named =
    error instanceof TimedOut ? Object.assign(new Error(error.message), { name: 'TimeoutError' }) : error;
  return explainFailure(named, model, 'answer').error;
}
