import { type ChunkedModel, type Chunker, createChunker } from './chunk.ts';
import type { ChunkingStrategy } from './chunkers/strategy.ts';

/** What a rule looks at. */
export interface ChunkedKind {
  readonly source: string;
  /** As the content decided. */
  readonly mediaType: string;
}

/** How the documents of a source, of a media type, or of both are cut; a pattern may end in `*`. */
export interface ChunkingRule {
  readonly source?: string;
  readonly mediaType?: string;
  readonly chunking: ChunkingStrategy;
}

/** One strategy for everything, or rules: the first that fits decides, and without one the default strategy does. */
export type Chunking = ChunkingStrategy | readonly ChunkingRule[];

/** Gives the chunker of a document; the same for equal kinds. */
export type ChooseChunker = (kind: ChunkedKind) => Chunker;

/** Stands for everything that decides what chunks a document of a kind gets. */
export type RecipeOf = (kind: ChunkedKind) => string;

/** @throws {InvalidConfiguration} for parameters outside their limits */
export function createChooseChunker(chunking: Chunking, model: ChunkedModel): ChooseChunker {
  if (!isRules(chunking)) {
    const only = createChunker(chunking, model);
    return () => only;
  }
  const rules = chunking.map((rule) => ({ ...rule, chunker: createChunker(rule.chunking, model) }));
  const otherwise = createChunker({ strategy: 'default' }, model);
  return ({ source, mediaType }) =>
    rules.find((rule) => fits(rule.source, source) && fits(rule.mediaType, mediaType))?.chunker ?? otherwise;
}

function isRules(chunking: Chunking): chunking is readonly ChunkingRule[] {
  return Array.isArray(chunking);
}

function fits(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) return true;
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
