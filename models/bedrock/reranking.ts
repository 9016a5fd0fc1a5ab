import { RerankCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { ModelUnavailable } from '../../domain/errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { ModelCall } from '../model-call.ts';
import type { RerankingModel } from '../reranking-model.ts';
import { createCaller } from './caller.ts';
import type { BedrockConnection } from './connection.ts';
import { createEstimatingTokenizer } from './estimate-tokens.ts';
import { fitText } from './fit-text.ts';
import { invokeModel } from './invoke.ts';
import type { ModelReference } from './model-id.ts';
import type { RerankingShape } from './model-table.ts';

export interface BedrockRerankingOptions {
  readonly connection: BedrockConnection;
  /** As it stands in the configuration and in requests. */
  readonly id: string;
  readonly reference: ModelReference;
  readonly shape: RerankingShape;
  /** Rerank of agent-runtime, or InvokeModel with the model's own body. */
  readonly operation: 'rerank' | 'invoke';
  readonly timeoutMs: number;
  readonly maxCallsAtOnce: number;
  readonly telemetry: Telemetry;
}

/** A score by the place of its text. */
type Scored = readonly { readonly index: number; readonly score: number }[];

const maxTexts = 1_000;
/** Of one text and of the query, by the service model of Rerank. */
const maxCharacters = 32_000;
/** What a model sets around query and document. */
const reservedTokens = 16;
/** A unit of billing is a query with so many pieces of so many tokens, the query's included. */
const piecesPerUnit = 100;
const tokensPerPiece = 512;

const tokenizer = createEstimatingTokenizer({ charactersPerToken: 6 });

/** A reranking model in Bedrock. A query may take half of the model's input, each text is cut to the rest. */
export function createBedrockRerankingModel(options: BedrockRerankingOptions): RerankingModel {
  const { connection, id, reference, shape, operation } = options;
  const caller = createCaller({ ...options, model: id, doing: 'rerank' });
  const maxTokens = Math.min(shape.maxTokens, Math.floor(maxCharacters / 6));

  const byRerank = async (query: string, texts: readonly string[], signal: AbortSignal): Promise<Scored> => {
    const scored: { index: number; score: number }[] = [];
    let nextToken: string | undefined;
    do {
      const reply = await connection.agentRuntime().send(
        new RerankCommand({
          queries: [{ type: 'TEXT', textQuery: { text: query } }],
          sources: texts.map((text) => ({
            type: 'INLINE',
            inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
          })),
          rerankingConfiguration: {
            type: 'BEDROCK_RERANKING_MODEL',
            bedrockRerankingConfiguration: {
              numberOfResults: texts.length,
              modelConfiguration: { modelArn: await arnOf(connection, reference) },
            },
          },
          ...(nextToken !== undefined && { nextToken }),
        }),
        { abortSignal: signal },
      );
      for (const { index, relevanceScore } of reply.results ?? []) {
        scored.push({ index: index ?? -1, score: relevanceScore ?? Number.NaN });
      }
      nextToken = reply.nextToken;
    } while (nextToken !== undefined && nextToken !== '');
    return scored;
  };

  const byInvoke = async (
    query: string,
    texts: readonly string[],
    call: ModelCall,
    signal: AbortSignal,
  ): Promise<Scored> => {
    const { invokeVersion } = shape;
    const body = {
      query,
      documents: texts,
      top_n: texts.length,
      ...(invokeVersion !== undefined && { api_version: invokeVersion }),
    };
    const reply = await invokeModel(connection, { modelId: reference.callId, body }, call, signal);
    const { results } = (reply.body ?? {}) as {
      readonly results?: readonly { readonly index: number; readonly relevance_score: number }[];
    };
    return (results ?? []).map(({ index, relevance_score: score }) => ({ index, score }));
  };

  return {
    id,
    maxTextsPerCall: maxTexts,
    async rerank(query, texts, call = {}) {
      call.signal?.throwIfAborted();
      if (texts.length === 0) return [];
      if (texts.length > maxTexts) {
        throw new RangeError(`Expected at most ${maxTexts} texts to rerank, got ${texts.length}`);
      }
      const asked = fitText(query, Math.floor(maxTokens / 2), tokenizer).text;
      const askedTokens = tokenizer.count(asked);
      const fitted = texts.map(
        (text) => fitText(text, maxTokens - askedTokens - reservedTokens, tokenizer).text,
      );
      const scored = await caller(call, (signal) =>
        operation === 'rerank' ? byRerank(asked, fitted, signal) : byInvoke(asked, fitted, call, signal),
      );
      const pieces = fitted.reduce(
        (sum, text) => sum + Math.ceil((askedTokens + tokenizer.count(text)) / tokensPerPiece),
        0,
      );
      const amount = Math.ceil(pieces / piecesPerUnit);
      call.onUsage?.({ model: id, kind: 'rerank', amount, isEstimated: true });
      return inOrder(scored, texts.length, id);
    },
  };
}

function inOrder(scored: Scored, count: number, model: string): number[] {
  const scores = new Array<number>(count).fill(Number.NaN);
  for (const { index, score } of scored) if (index in scores) scores[index] = score;
  if (!scores.every(Number.isFinite)) {
    throw new ModelUnavailable(
      `Cannot rerank with ${model}: expected a score for each of ${count} texts, got ${scored.length}`,
    );
  }
  return scores;
}

/** Rerank names its model by ARN only. */
async function arnOf(connection: BedrockConnection, { callId }: ModelReference): Promise<string> {
  if (callId.startsWith('arn:')) return callId;
  const region = await connection.region();
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  return `arn:${partition}:bedrock:${region}::foundation-model/${callId}`;
}
