import { InvalidConfiguration } from '../../domain/errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EmbeddingModel } from '../embedding-model.ts';
import type { LanguageModel } from '../language-model.ts';
import type { RerankingModel } from '../reranking-model.ts';
import {
  type BedrockConnection,
  type BedrockConnectionSettings,
  createBedrockConnection,
} from './connection.ts';
import type { InlineGuardrail } from './converse-input.ts';
import { createBedrockEmbeddingModel } from './embedding.ts';
import { createBedrockLanguageModel } from './language.ts';
import { type ModelReference, type Residency, readModelId } from './model-id.ts';
import { embeddingShapes, languageModels, rerankingShapes, traitsOf } from './model-table.ts';
import { createBedrockRerankingModel } from './reranking.ts';

export interface BedrockSettings extends BedrockConnectionSettings {
  readonly requestTimeoutMs: number;
  /** Of one model. */
  readonly maxCallsAtOnce: number;
  readonly residency: Residency;
  readonly allowUnpinned: boolean;
  readonly rerankBy: 'rerank' | 'invoke';
  readonly promptCaching: boolean;
  readonly maxAnswerTokens: number;
  readonly guardrail?: InlineGuardrail;
}

/** The models of Bedrock by their ids in the configuration, all over one connection. */
export interface BedrockModels {
  readonly connection: BedrockConnection;
  /** @throws {InvalidConfiguration} for a model that cannot embed, or not at these dimensions */
  embedding(id: string, dimensions: number | undefined): EmbeddingModel;
  /** @throws {InvalidConfiguration} for a model that cannot rerank */
  reranking(id: string): RerankingModel;
  language(id: string): LanguageModel;
  close(): void;
}

const prefix = 'bedrock/';

/** True for ids that this adapter serves. */
export function isBedrockModel(id: string): boolean {
  return id.startsWith(prefix);
}

/** Checks ids as models are asked for; nothing is called and no credentials are looked for before the first use. */
export function createBedrockModels(settings: BedrockSettings, telemetry: Telemetry): BedrockModels {
  const connection = createBedrockConnection(settings);
  const read = (setting: string, id: string, known: readonly string[]): ModelReference =>
    readModelId(id.slice(prefix.length), {
      setting,
      residency: settings.residency,
      allowUnpinned: settings.allowUnpinned,
      known,
      ...(settings.region !== undefined && { region: settings.region }),
    });
  const shared = {
    connection,
    timeoutMs: settings.requestTimeoutMs,
    maxCallsAtOnce: settings.maxCallsAtOnce,
    telemetry,
  };
  return {
    connection,
    embedding(id, dimensions) {
      const setting = 'models.embedding';
      const reference = read(setting, id, Object.keys(embeddingShapes));
      const shape = shapeOf(embeddingShapes, reference, setting, id, 'embed');
      return createBedrockEmbeddingModel({
        ...shared,
        reference,
        shape,
        ...(dimensions !== undefined && { dimensions }),
      });
    },
    reranking(id) {
      const setting = 'models.reranking';
      const reference = read(setting, id, Object.keys(rerankingShapes));
      const shape = shapeOf(rerankingShapes, reference, setting, id, 'rerank');
      return createBedrockRerankingModel({ ...shared, id, reference, shape, operation: settings.rerankBy });
    },
    language(id) {
      const { callId, baseId } = read('models.language', id, Object.keys(languageModels));
      const { promptCaching, maxAnswerTokens, guardrail } = settings;
      return createBedrockLanguageModel({
        ...shared,
        id,
        callId,
        traits: traitsOf(baseId),
        promptCaching,
        maxAnswerTokens,
        ...(guardrail && { guardrail }),
      });
    },
    close: () => connection.close(),
  };
}

/** The shape of a model's requests; an unpinned id has that of the version that it starts. */
function shapeOf<Shape>(
  shapes: Readonly<Record<string, Shape>>,
  { baseId }: ModelReference,
  setting: string,
  given: string,
  does: string,
): Shape {
  const shape = shapes[baseId] ?? Object.entries(shapes).find(([id]) => id.startsWith(`${baseId}:`))?.[1];
  if (shape !== undefined) return shape;
  const known = Object.keys(shapes).join(', ');
  const hint = baseId.startsWith('arn:')
    ? `; an ARN names the model behind it after "#", such as #${Object.keys(shapes)[0]}`
    : '';
  throw new InvalidConfiguration(
    setting,
    `Expected ${setting} to be a model that can ${does}: ${known}; got ${JSON.stringify(given)}${hint}`,
  );
}
