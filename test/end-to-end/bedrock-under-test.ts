import { createHash } from 'node:crypto';
import { createBedrockModels } from '../../models/bedrock/create-bedrock-models.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import type { TextEmbedder } from '../servers/bedrock/text-embedder.ts';

/** The models of Bedrock at an address, with the defaults of the configuration. */
export function bedrockModels(url: string, more: { readonly requestTimeoutMs?: number } = {}) {
  return createBedrockModels(
    {
      region: 'us-east-1',
      endpoint: url,
      agentEndpoint: url,
      protocol: 'http/1.1',
      connectTimeoutMs: 3_000,
      requestTimeoutMs: more.requestTimeoutMs ?? 60_000,
      maxCallsAtOnce: 64,
      residency: 'geography',
      allowUnpinned: false,
      rerankBy: 'rerank',
      promptCaching: true,
      maxAnswerTokens: 500,
    },
    silentTelemetry,
  );
}

/** Vectors that cost nothing and tell their text, so that a lost, doubled or misplaced one shows. */
export const tellingEmbedder: TextEmbedder = {
  embed: async (texts, dimensions) => texts.map((text) => tellingVector(text, dimensions)),
  countTokens: async (text) => Math.ceil(text.length / 4),
  close: async () => {},
};

export function tellingVector(text: string, dimensions: number): Float32Array {
  const digest = createHash('sha256').update(text).digest();
  const vector = Float32Array.from({ length: dimensions }, (_, at) => digest[at % digest.length]! - 127.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

export function useStandInCredentials(environment: Readonly<Record<string, string>>): void {
  Object.assign(process.env, environment);
}

/** Nearest-rank percentile. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
