import type { ModelCall } from './model-call.ts';

/** Turns text into vectors of length 1, so that a dot product is the cosine. */
export interface EmbeddingModel {
  /** Stable, versioned; part of every fingerprint. */
  readonly id: string;
  readonly dimensions: number;
  /** Of one text, special tokens included; longer texts are truncated by the model. */
  readonly maxInputTokens: number;
  readonly maxTextsPerCall: number;
  /** Texts that keep the model busy: a stage gives it no more at the same time. */
  readonly maxTextsAtOnce: number;
  readonly tokenizer: Tokenizer;

  /** One vector a text, in order. Any number of texts: batches are the adapter's own. */
  embedPassages(texts: readonly string[], call?: ModelCall): Promise<EmbeddedPassages>;

  embedQuery(text: string, call?: ModelCall): Promise<Float32Array>;
}

export interface EmbeddedPassages {
  readonly vectors: readonly Float32Array[];
  /** How many texts were longer than the model's input and lost their end. */
  readonly truncated: number;
  readonly tokens: number;
}

/** Counts tokens as the model does, or more: a text never has more tokens than are counted. */
export interface Tokenizer {
  /** Tokens of the text, special tokens not included. */
  count(text: string): number;
  /** Special tokens that the model adds to each text. */
  readonly specialTokens: number;
}
