import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import type { ModelCall } from '../model-call.ts';
import type { BedrockConnection } from './connection.ts';
import { requestMetadata } from './request-metadata.ts';

export interface InvokeReply {
  /** Undefined where the whole reply is no JSON, as an empty one is not. */
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
  let length: number | undefined;
  // The token count travels in a header, which the SDK does not hand out.
  command.middlewareStack.add(
    (next) => async (given) => {
      const result = await next(given);
      inputTokens = readCount(result.response, 'x-amzn-bedrock-input-token-count');
      length = readCount(result.response, 'content-length');
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'readInputTokenCount' },
  );
  const reply = await connection.runtime().send(command, { abortSignal: signal });
  // The SDK's types have a body in each reply; an empty one comes without.
  const { body: bytes }: Partial<typeof reply> = reply;
  const text = bytes?.transformToString() ?? '';
  const body: unknown = length === Buffer.byteLength(text) ? readWhole(text) : JSON.parse(text);
  return { body, ...(inputTokens !== undefined && { inputTokens }) };
}

/** What came whole and is no JSON would be none at the next try either. */
function readWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readCount(response: unknown, header: string): number | undefined {
  const headers = (response as { readonly headers?: Readonly<Record<string, string>> }).headers;
  const count = Number(headers?.[header] ?? Number.NaN);
  return Number.isSafeInteger(count) ? count : undefined;
}
