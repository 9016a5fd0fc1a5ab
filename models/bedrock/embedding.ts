import { InvalidConfiguration, ModelUnavailable } from '../../domain/errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EmbeddedPassages, EmbeddingModel } from '../embedding-model.ts';
import type { ModelCall } from '../model-call.ts';
import { createCaller } from './caller.ts';
import type { BedrockConnection } from './connection.ts';
import type { EmbeddingPurpose, EmbeddingShape } from './embedding-shapes.ts';
import { createEstimatingTokenizer } from './estimate-tokens.ts';
import { fitText } from './fit-text.ts';
import { invokeModel } from './invoke.ts';
import type { ModelReference } from './model-id.ts';

export interface BedrockEmbeddingOptions {
  readonly connection: BedrockConnection;
  readonly reference: ModelReference;
  readonly shape: EmbeddingShape;
  /** @default the model's own largest */
  readonly dimensions?: number;
  readonly timeoutMs: number;
  readonly maxCallsAtOnce: number;
  readonly telemetry: Telemetry;
}

interface Embedded {
  readonly vectors: readonly Float32Array[];
  readonly tokens: number;
  readonly isEstimated: boolean;
}

/**
 * An embedding model in Bedrock. Texts go in calls as large as the model takes, as many at once as it lets through, and
 * come back in their order. A text beyond the model's input loses its end and is counted.
 * @throws {InvalidConfiguration} for dimensions that the model does not give
 */
export function createBedrockEmbeddingModel(options: BedrockEmbeddingOptions): EmbeddingModel {
  const { connection, reference, shape, telemetry } = options;
  const dimensions = checkDimensions(options.dimensions, options);
  const { maxInputTokens, maxTextsPerCall } = shape;
  const tokenizer = createEstimatingTokenizer({
    charactersPerToken: Math.min(6, shape.maxInputCharacters / maxInputTokens),
  });
  const id = `bedrock/${reference.baseId}`;
  const caller = createCaller({ ...options, model: id, doing: 'embed' });

  const embedBatch = (texts: readonly string[], purpose: EmbeddingPurpose, call: ModelCall) =>
    caller(call, async (signal): Promise<Embedded> => {
      const body = shape.body(texts, purpose, dimensions);
      const reply = await invokeModel(connection, { modelId: reference.callId, body }, call, signal);
      return readReply(reply.body, reply.inputTokens, texts);
    });

  const readReply = (body: unknown, headerTokens: number | undefined, texts: readonly string[]): Embedded => {
    const { vectors, tokens = headerTokens } = readBody(body);
    if (vectors.length !== texts.length || vectors.some((vector) => vector.length !== dimensions)) {
      const given = `${vectors.length} of ${[...new Set(vectors.map(({ length }) => length))].join(' and ')}`;
      throw new ModelUnavailable(
        `Cannot embed with ${id}: expected ${texts.length} vectors of ${dimensions} numbers, got ${given}`,
      );
    }
    return {
      vectors: vectors.map(toUnitLength),
      tokens: tokens ?? texts.reduce((sum, text) => sum + tokenizer.count(text) + tokenizer.specialTokens, 0),
      isEstimated: tokens === undefined,
    };
  };
  const readBody = (body: unknown) => {
    try {
      return shape.read(body);
    } catch (error) {
      throw new ModelUnavailable(`Cannot embed with ${id}: ${(error as Error).message}`, { cause: error });
    }
  };

  const tell = ({ onUsage }: ModelCall, { tokens, isEstimated }: Embedded) =>
    onUsage?.({ model: id, kind: 'embedding', amount: tokens, ...(isEstimated && { isEstimated }) });

  return {
    id,
    dimensions,
    maxInputTokens,
    maxTextsPerCall,
    // One call of each that may run waits ready.
    maxTextsAtOnce: options.maxCallsAtOnce * maxTextsPerCall * 2,
    tokenizer,

    async embedPassages(texts, call = {}): Promise<EmbeddedPassages> {
      call.signal?.throwIfAborted();
      const fitted = texts.map((text) => fitText(text, maxInputTokens, tokenizer));
      const stop = new AbortController();
      const signal = call.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal;
      const batches: Promise<Embedded>[] = [];
      for (let start = 0; start < texts.length; start += maxTextsPerCall) {
        const batch = fitted.slice(start, start + maxTextsPerCall).map(({ text }) => text);
        batches.push(
          embedBatch(batch, 'passage', { ...call, signal }).then((embedded) => {
            tell(call, embedded);
            return embedded;
          }),
        );
      }
      try {
        const embedded = await Promise.all(batches);
        return {
          vectors: embedded.flatMap(({ vectors }) => vectors),
          truncated: fitted.filter(({ isCut }) => isCut).length,
          tokens: embedded.reduce((sum, { tokens }) => sum + tokens, 0),
        };
      } catch (error) {
        // What is still to be called would be thrown away; what runs is over when this returns.
        stop.abort(error);
        await Promise.allSettled(batches);
        throw error;
      }
    },

    async embedQuery(text, call = {}) {
      call.signal?.throwIfAborted();
      const { text: fitted, isCut } = fitText(text, maxInputTokens, tokenizer);
      const embedded = await embedBatch([fitted], 'query', call);
      tell(call, embedded);
      if (isCut) telemetry.count('truncated_texts');
      return embedded.vectors[0]!;
    },
  };
}

function checkDimensions(given: number | undefined, { shape, reference }: BedrockEmbeddingOptions): number {
  const dimensions = given ?? shape.dimensions[0]!;
  if (!shape.dimensions.includes(dimensions)) {
    const known = [...shape.dimensions].reverse().join(', ');
    throw new InvalidConfiguration(
      'models.embeddingDimensions',
      `Expected models.embeddingDimensions to be one of ${known} with ${reference.baseId}, got ${dimensions}`,
    );
  }
  return dimensions;
}

/** A dot product is then the cosine; not every model normalises. */
function toUnitLength(vector: readonly number[]): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1;
  return Float32Array.from(vector, (value) => value / length);
}
