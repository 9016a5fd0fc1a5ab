/** What a text is embedded for: models set passages and queries apart. */
export type EmbeddingPurpose = 'passage' | 'query';

/** How one kind of embedding model is asked, and what it replies. */
export interface EmbeddingShape {
  /** Of one text, special tokens included. */
  readonly maxInputTokens: number;
  readonly maxInputCharacters: number;
  readonly maxTextsPerCall: number;
  /** What it can give; the first is the default. */
  readonly dimensions: readonly number[];
  body(texts: readonly string[], purpose: EmbeddingPurpose, dimensions: number): object;
  /** @throws {Error} for a reply that is none */
  read(reply: unknown): EmbeddingReply;
}

export interface EmbeddingReply {
  readonly vectors: readonly (readonly number[])[];
  /** Absent where the body does not tell. */
  readonly tokens?: number;
}

/** Amazon Titan Text Embeddings V2: one text a call, normalised by the model. */
export const titanV2: EmbeddingShape = {
  maxInputTokens: 8_192,
  maxInputCharacters: 50_000,
  maxTextsPerCall: 1,
  dimensions: [1_024, 512, 256],
  body: ([inputText], _, dimensions) => ({ inputText, dimensions, normalize: true }),
  read(reply) {
    const { embedding, inputTextTokenCount: tokens } = asRecord(reply);
    return { vectors: [asVector(embedding)], ...(typeof tokens === 'number' && { tokens }) };
  },
};

const coherePurposes = { passage: 'search_document', query: 'search_query' } as const;

/** Cohere Embed v3, English and multilingual: 2,048 characters a text, of which 512 tokens are read. */
export const cohereV3: EmbeddingShape = {
  maxInputTokens: 512,
  maxInputCharacters: 2_048,
  maxTextsPerCall: 96,
  dimensions: [1_024],
  body: (texts, purpose) => ({
    texts,
    input_type: coherePurposes[purpose],
    truncate: 'END',
    embedding_types: ['float'],
  }),
  read: readCohere,
};

/** Cohere Embed v4: its own names for where a text is cut, and a choice of dimensions. */
export const cohereV4: EmbeddingShape = {
  maxInputTokens: 128_000,
  maxInputCharacters: Number.MAX_SAFE_INTEGER,
  maxTextsPerCall: 96,
  dimensions: [1_536, 1_024, 512, 256],
  body: (texts, purpose, dimensions) => ({
    texts,
    input_type: coherePurposes[purpose],
    truncate: 'RIGHT',
    embedding_types: ['float'],
    output_dimension: dimensions,
  }),
  read: readCohere,
};

/** Embeddings come by type, or as a plain list where no type was asked for. */
function readCohere(reply: unknown): EmbeddingReply {
  const { embeddings } = asRecord(reply);
  const list = Array.isArray(embeddings) ? embeddings : asRecord(embeddings).float;
  if (!Array.isArray(list)) throw new Error('the reply has no embeddings');
  return { vectors: list.map(asVector) };
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('the reply is empty or no JSON object');
  return value as Record<string, unknown>;
}

function asVector(value: unknown): number[] {
  if (!Array.isArray(value) || !value.every((item) => Number.isFinite(item))) {
    throw new Error('the reply has an embedding that is no list of numbers');
  }
  return value;
}
