import { hash } from 'node:crypto';

/**
 * A retrievable piece of a document. `parsedText.slice(start, end) === text`, in UTF-16 code units, end exclusive.
 * `context` (a repeated table header) and `headingPath` are indexed and embedded with the text and stand outside
 * the offsets.
 */
export interface Chunk {
  readonly chunkId: string;
  readonly documentId: string;
  /** From 0, in reading order; searchable chunks and parents are numbered apart. */
  readonly ordinal: number;
  readonly text: string;
  readonly context?: string;
  /** Headings above the chunk, outermost first. */
  readonly headingPath: readonly string[];
  readonly location?: ChunkLocation;
  readonly start: number;
  readonly end: number;
  /** Ordinal of the parent that `expand: "parent"` returns. */
  readonly parentOrdinal?: number;
  /** Of the embedded text, counted by the embedding model's own tokenizer, special tokens included. */
  readonly tokens: number;
}

export interface ChunkLocation {
  /** From 1. */
  readonly page?: number;
  readonly sheet?: string;
}

/** A parent of hierarchical chunking: returned, never searched. */
export interface ParentChunk {
  readonly ordinal: number;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A hash of tenant and document that stands for the pair wherever an engine needs one short id. */
export function documentKey(tenantId: string, documentId: string): string {
  return hash('sha256', `${tenantId}\0${documentId}`, 'base64url').slice(0, 22);
}

/** Deterministic, unique across tenants. */
export function chunkIdOf(tenantId: string, documentId: string, ordinal: number): string {
  return `${documentKey(tenantId, documentId)}-${ordinal}`;
}

/** The line of titles above a chunk: the document's title and the headings, without immediate repeats. */
export function headingLine(title: string | undefined, headingPath: readonly string[]): string {
  const parts = [title, ...headingPath].filter((part) => part !== undefined && part !== '');
  return parts.filter((part, at) => part !== parts[at - 1]).join(' > ');
}

/** Exactly what is embedded for a chunk: heading line, context and text, a line break between. */
export function embeddedText(heading: string, chunk: Pick<Chunk, 'context' | 'text'>): string {
  return [heading, chunk.context, chunk.text].filter((part) => part !== undefined && part !== '').join('\n');
}

/** Identifies a vector by exactly what was embedded and how; SHA-256, hex. */
export function fingerprint(
  text: string,
  model: { readonly id: string; readonly dimensions: number },
  inputType: 'passage',
): string {
  return hash('sha256', `${model.id}\0${model.dimensions}\0${inputType}\0${text}`, 'hex');
}
