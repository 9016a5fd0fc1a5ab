import type { IncomingHttpHeaders } from 'node:http';
import { applyGuardrail } from './apply-guardrail.ts';
import type { BedrockBehaviour } from './bedrock.ts';
import { converse, converseStream } from './converse.ts';
import { invokeModel } from './invoke-model.ts';
import { rerank } from './rerank.ts';
import type { ServiceErrorType } from './service-error.ts';
import type { TextEmbedder } from './text-embedder.ts';

/** What an operation is given. */
export interface OperationCall {
  /** The first parameter of the path: the model, for one. */
  readonly subject: string;
  readonly parameters: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  readonly embedder: TextEmbedder;
  readonly behaviour: BedrockBehaviour;
}

/** JSON, or frames of an event stream. */
export interface Reply {
  /** @default 200 */
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errorType?: ServiceErrorType;
  readonly frames?: AsyncIterable<Buffer>;
}

export interface Operation {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** Its groups are the parameters, percent-encoded as they came. */
  readonly path: RegExp;
  /** @throws {ServiceError} for what Bedrock would refuse */
  handle(call: OperationCall): Promise<Reply> | Reply;
}

/** Everything that the stand-in serves: one entry an operation. */
export const operations: readonly Operation[] = [
  { name: 'InvokeModel', method: 'POST', path: /^\/model\/([^/]+)\/invoke$/, handle: invokeModel },
  { name: 'Converse', method: 'POST', path: /^\/model\/([^/]+)\/converse$/, handle: converse },
  {
    name: 'ConverseStream',
    method: 'POST',
    path: /^\/model\/([^/]+)\/converse-stream$/,
    handle: converseStream,
  },
  { name: 'Rerank', method: 'POST', path: /^\/rerank$/, handle: rerank },
  {
    name: 'ApplyGuardrail',
    method: 'POST',
    path: /^\/guardrail\/([^/]+)\/version\/([^/]+)\/apply$/,
    handle: applyGuardrail,
  },
];
