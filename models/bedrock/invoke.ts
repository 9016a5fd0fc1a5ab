import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import type { ModelCall } from '../model-call.ts';
import type { BedrockConnection } from './connection.ts';
import { requestMetadata } from './request-metadata.ts';

export interface InvokeReply {
  readonly body: unknown;
  /** As the reply's header tells. */
  readonly inputTokens?: number;
}

/** Calls a model with a body of its own and reads the JSON that it replies. */
export async function invokeModel(
  connection: BedrockConnection,
  request: { readonly modelId: string; readonly body: object },
  call: ModelCall,
  signal: AbortSignal,
): Promise<InvokeReply> {
  const metadata = requestMetadata(call);
  const command = new InvokeModelCommand({
    modelId: request.modelId,
    contentType: 'application/json',
    accept: 'application/json',
    body: JSON.stringify(request.body),
    ...(metadata !== undefined && { requestMetadata: JSON.stringify(metadata) }),
  });
  let inputTokens: number | undefined;
  // The token count travels in a header, which the SDK does not hand out.
  command.middlewareStack.add(
    (next) => async (given) => {
      const result = await next(given);
      inputTokens = readCount(result.response);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'readInputTokenCount' },
  );
  const reply = await connection.runtime().send(command, { abortSignal: signal });
  const body: unknown = JSON.parse(reply.body.transformToString());
  return { body, ...(inputTokens !== undefined && { inputTokens }) };
}

function readCount(response: unknown): number | undefined {
  const headers = (response as { readonly headers?: Readonly<Record<string, string>> }).headers;
  const count = Number(headers?.['x-amzn-bedrock-input-token-count'] ?? Number.NaN);
  return Number.isSafeInteger(count) ? count : undefined;
}
