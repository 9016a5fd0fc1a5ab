import { createBedrockConnection } from '../../../models/bedrock/connection.ts';
import { createBedrockEmbeddingModel } from '../../../models/bedrock/embedding.ts';
import { embeddingShapes } from '../../../models/bedrock/model-table.ts';
import type { EmbeddingModel } from '../../../models/embedding-model.ts';
import { silentTelemetry, type Telemetry } from '../../../telemetry/telemetry.ts';
import type { BedrockStandIn } from '../../servers/bedrock/bedrock.ts';

/** An embedding model on the stand-in. */
export function openEmbedding(
  bedrock: BedrockStandIn,
  options: {
    readonly id?: string;
    readonly dimensions?: number;
    readonly protocol?: 'http/1.1' | 'http/2';
    readonly timeoutMs?: number;
    readonly maxCallsAtOnce?: number;
    readonly telemetry?: Telemetry;
    readonly endpoint?: string;
  } = {},
): EmbeddingModel & { close(): void } {
  const { id = 'amazon.titan-embed-text-v2:0', maxCallsAtOnce = 64 } = options;
  const connection = createBedrockConnection({
    region: bedrock.region,
    endpoint: options.endpoint ?? bedrock.url,
    protocol: options.protocol ?? 'http/1.1',
    connectTimeoutMs: 1_000,
  });
  const model = createBedrockEmbeddingModel({
    connection,
    reference: { callId: id, baseId: id },
    shape: embeddingShapes[id]!,
    ...(options.dimensions !== undefined && { dimensions: options.dimensions }),
    timeoutMs: options.timeoutMs ?? 10_000,
    maxCallsAtOnce,
    telemetry: options.telemetry ?? silentTelemetry,
  });
  return { ...model, close: () => connection.close() };
}
