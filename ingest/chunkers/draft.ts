import { type Chunk, chunkIdOf, embeddedText } from '../../domain/chunk.ts';
import type { Block, ParsedDocument } from '../../domain/parsed-document.ts';
import type { Tokenizer } from '../../models/embedding-model.ts';
import type { TextRange } from './strategy.ts';
import { createSurroundingsReader, type Surroundings, type SurroundingsReader } from './surroundings.ts';

/** Whose chunks they are. */
export interface ChunkedIdentity {
  readonly tenantId: string;
  readonly documentId: string;
  /** @default the parsed document's */
  readonly title?: string;
}

/** The chunks of a document while they are made. */
export interface Draft {
  readonly parsed: ParsedDocument;
  readonly document: ChunkedIdentity;
  readonly surroundings: SurroundingsReader;
  readonly tokenizer: Tokenizer;
  readonly chunks: Chunk[];
  /** What is to be embedded for each chunk. */
  readonly embeddedTexts: string[];
  /** Ordinals of the chunks that start a section. */
  readonly sectionStarts: Set<number>;
}

export interface DraftOptions {
  readonly maxTokens: number;
  readonly embedHeadings: boolean;
  readonly tokenizer: Tokenizer;
}

export function createDraft(parsed: ParsedDocument, document: ChunkedIdentity, options: DraftOptions): Draft {
  const title = document.title ?? parsed.title;
  const hasHeadings = parsed.blocks.some((block) => block.headingPath.length > 0);
  const surroundings = createSurroundingsReader({ ...options, title, hasHeadings });
  return {
    parsed,
    document,
    surroundings,
    tokenizer: options.tokenizer,
    chunks: [],
    embeddedTexts: [],
    sectionStarts: new Set(),
  };
}

/** Adds the chunk of a range; `block` is where it starts, `tokens` what `tokensOf` gave. */
export function addChunk(
  draft: Draft,
  range: TextRange,
  around: Surroundings,
  block: Block,
  tokens: number,
): void {
  const { tenantId, documentId } = draft.document;
  const ordinal = draft.chunks.length;
  const text = draft.parsed.text.slice(range.start, range.end);
  const { context, headingPath, heading } = around;
  const { location } = block;
  draft.embeddedTexts.push(embeddedTextOf(text, around, heading));
  draft.chunks.push({
    chunkId: chunkIdOf(tenantId, documentId, ordinal),
    documentId,
    ordinal,
    text,
    ...(context !== undefined && { context }),
    headingPath,
    ...(location !== undefined && { location }),
    start: range.start,
    end: range.end,
    tokens,
  });
}

/** Tokens of all that is embedded for a range, special tokens included. */
export function tokensOf(draft: Draft, range: TextRange, around: Surroundings): number {
  const text = draft.parsed.text.slice(range.start, range.end);
  return draft.tokenizer.count(embeddedTextOf(text, around, around.heading)) + draft.tokenizer.specialTokens;
}

function embeddedTextOf(text: string, around: Surroundings, heading: string): string {
  return embeddedText(heading, { text, ...(around.context !== undefined && { context: around.context }) });
}
