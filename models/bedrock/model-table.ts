import { cohereV3, cohereV4, type EmbeddingShape, titanV2 } from './embedding-shapes.ts';

/**
 * What is known of Bedrock's models: the only place that names them. A model that is not here can still be used where
 * its operation is the same for all (Converse); it is then taken to have none of the extras. From the user guide of
 * Amazon Bedrock, and to be checked there when a model is added.
 */

/** Embedding models by id. */
export const embeddingShapes: Readonly<Record<string, EmbeddingShape>> = {
  'amazon.titan-embed-text-v2:0': titanV2,
  'cohere.embed-english-v3': cohereV3,
  'cohere.embed-multilingual-v3': cohereV3,
  'cohere.embed-v4:0': cohereV4,
};

/** How a reranking model is called: by agent-runtime's Rerank, or by InvokeModel with this version of its body. */
export interface RerankingShape {
  readonly invokeVersion?: number;
  /** Of a query and a document together. */
  readonly maxTokens: number;
}

/** Reranking models by id. */
export const rerankingShapes: Readonly<Record<string, RerankingShape>> = {
  'cohere.rerank-v3-5:0': { invokeVersion: 2, maxTokens: 4_096 },
  'amazon.rerank-v1:0': { maxTokens: 4_096 },
};

/** What a language model can do beyond text in and text out. */
export interface LanguageModelTraits {
  /** Takes passages as search results and cites them by place; others are given numbered passages. */
  readonly citesSearchResults: boolean;
  /** Keeps the part of a prompt before a cache point, where it has at least so many tokens. */
  readonly cachesFromTokens?: number;
  /** Absent: it answers whole only. */
  readonly streams: boolean;
}

const plain: LanguageModelTraits = { citesSearchResults: false, streams: true };
const claude: LanguageModelTraits = {
  citesSearchResults: true,
  cachesFromTokens: 1_024,
  streams: true,
};
const nova: LanguageModelTraits = {
  citesSearchResults: false,
  cachesFromTokens: 1_000,
  streams: true,
};

/** Language models by id. */
export const languageModels: Readonly<Record<string, LanguageModelTraits>> = {
  'anthropic.claude-opus-4-5-20251101-v1:0': { ...claude, cachesFromTokens: 4_096 },
  'anthropic.claude-sonnet-4-5-20250929-v1:0': claude,
  'anthropic.claude-haiku-4-5-20251001-v1:0': { ...claude, cachesFromTokens: 4_096 },
  'anthropic.claude-opus-4-1-20250805-v1:0': claude,
  'anthropic.claude-opus-4-20250514-v1:0': claude,
  'anthropic.claude-sonnet-4-20250514-v1:0': claude,
  'anthropic.claude-3-7-sonnet-20250219-v1:0': claude,
  'anthropic.claude-3-5-haiku-20241022-v1:0': { ...claude, cachesFromTokens: 2_048 },
  'anthropic.claude-3-haiku-20240307-v1:0': plain,
  'amazon.nova-premier-v1:0': nova,
  'amazon.nova-pro-v1:0': nova,
  'amazon.nova-lite-v1:0': nova,
  'amazon.nova-micro-v1:0': nova,
  'meta.llama3-3-70b-instruct-v1:0': plain,
  'meta.llama3-1-8b-instruct-v1:0': plain,
  'mistral.mistral-large-2407-v1:0': plain,
};

/** Traits of a model; those that are common to all where it is not known. */
export function traitsOf(id: string): LanguageModelTraits {
  return languageModels[id] ?? plain;
}
