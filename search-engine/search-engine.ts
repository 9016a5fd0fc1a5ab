import type { Chunk, ParentChunk } from '../domain/chunk.ts';
import type { Metadata } from '../domain/document.ts';
import type { Filter } from '../domain/filter.ts';
import type { Scope } from '../domain/scope.ts';
import type { FacetRequest, FacetResult, LexicalField } from '../domain/search.ts';
import type { ShownDocument } from '../domain/shown-document.ts';

/**
 * Finds chunks under a scope.
 *
 * The scope's tenant and access lists, and the filter, stand inside each leg: filtered k-NN returns `candidates`
 * hits whenever so many matching chunks with vectors exist.
 */
export interface SearchEngine {
  /**
   * Runs the legs that are given, in one round trip.
   *
   * A tenant that does not exist reads as empty. A leg that fails alone comes back as `failed` instead of hits.
   * @throws {EngineUnavailable} when no leg could run
   */
  find(scope: Scope, query: LegsQuery, signal?: AbortSignal): Promise<LegsResult>;

  /**
   * Reads the chunks of a result for display, under the scope and again only live documents, in the order of `chunks`;
   * what has gone or may no longer be read is left out.
   */
  fetch(
    scope: Scope,
    chunks: readonly ChunkReference[],
    options: FetchOptions,
    signal?: AbortSignal,
  ): Promise<FoundChunk[]>;

  /**
   * Reads what candidates are compared by, under the scope like `fetch` and in the order of `chunks`; what has gone or
   * may no longer be read is left out.
   */
  features(
    scope: Scope,
    chunks: readonly ChunkReference[],
    options: FeatureOptions,
    signal?: AbortSignal,
  ): Promise<ChunkFeatures[]>;
}

export interface LegsQuery {
  readonly lexical?: {
    readonly text: string;
    readonly fields: Readonly<Record<LexicalField, number>>;
    readonly candidates: number;
  };
  readonly dense?: {
    /** Of the index's dimensions, length 1. */
    readonly vector: Float32Array;
    readonly candidates: number;
  };
  /** Each leg also scores what only the other one found. Does nothing where one leg runs alone. */
  readonly complete?: boolean;
  readonly filter?: Filter;
  readonly facets?: readonly FacetRequest[];
  /** Facets count only documents that the lexical leg's text matches; needs `lexical`. */
  readonly facetsMatchText?: boolean;
}

export interface LegsResult {
  readonly lexical?: Leg;
  readonly dense?: Leg;
  /** In the order of the request. */
  readonly facets: readonly FacetResult[];
}

/** Candidates by score falling; equal scores by documentId (UTF-8 bytes), then ordinal. */
export interface Leg {
  readonly hits: readonly Candidate[];
  /**
   * Where the query is to be completed: this leg's score of each chunk that only the other leg returned, by chunkId. A
   * chunk in which no word matches, or that has gone meanwhile, is left out.
   */
  readonly completed?: ReadonlyMap<string, number>;
  /** Why the leg has no hits although it was asked for. */
  readonly failed?: string;
  readonly milliseconds: number;
}

export interface ChunkReference {
  readonly chunkId: string;
  readonly documentId: string;
}

export interface Candidate extends ChunkReference {
  readonly ordinal: number;
  /** Lexical: BM25, above 0. Dense: the cosine, −1 to 1. */
  readonly score: number;
}

export interface FetchOptions {
  /** With the parents of hierarchical chunks. */
  readonly parents: boolean;
  /** The query whose words are marked. */
  readonly highlight?: string;
}

/** A chunk with what is shown of its document. */
export interface FoundChunk extends Chunk, ShownDocument {
  readonly parent?: ParentChunk;
  /** [start, end) in `text`, UTF-16 code units, rising, not overlapping. */
  readonly highlights?: readonly (readonly [number, number])[];
}

export interface FeatureOptions {
  /** With the vectors of the chunks. */
  readonly vectors: boolean;
}

export interface ChunkFeatures {
  readonly chunkId: string;
  readonly metadata: Metadata;
  /** Of length 1; where vectors are asked for. */
  readonly vector?: Float32Array;
}
