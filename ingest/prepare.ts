import { type Chunk, fingerprint } from '../domain/chunk.ts';
import type { Document } from '../domain/document.ts';
import type { DocumentRecord } from '../domain/document-record.ts';
import { DocumentRefused } from '../domain/errors.ts';
import type { HiddenTextFlag } from '../domain/hidden-text.ts';
import type { Attachment, Omission } from '../domain/parsed-document.ts';
import type { Scope } from '../domain/scope.ts';
import type { EmbeddingModel } from '../models/embedding-model.ts';
import type { DocumentStore, EmbeddedChunk, ReplacedChunks } from '../search-engine/document-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ChooseChunker } from './choose-chunker.ts';
import type { Embed, Embedded } from './embed.ts';
import type { Parser } from './parse.ts';
import { retitle } from './retitle.ts';

export interface PreparePorts {
  readonly parser: Parser;
  readonly chooseChunker: ChooseChunker;
  readonly model: EmbeddingModel;
  readonly documents: DocumentStore;
  readonly telemetry: Telemetry;
}

/** A document ready to be stored. */
export interface Prepared {
  readonly chunks: ReplacedChunks;
  /** What the content turned out to be. */
  readonly mediaType: string;
  /** The source's, else the one that the parser found. */
  readonly title?: string;
  readonly embedded: number;
  readonly truncated: number;
  /** Texts embedded only to find where chunks end. */
  readonly breakpointTexts: number;
  /** Where the content was parsed. */
  readonly attachments?: readonly Attachment[];
  readonly omissions?: readonly Omission[];
  /** Where the content was parsed; empty for none. Links are as the parser gives them. */
  readonly found?: { readonly links: readonly string[]; readonly flags: readonly HiddenTextFlag[] };
}

/**
 * parse -> chunk -> embed. Text whose vector is stored in the tenant is not embedded again.
 * @throws {DocumentRefused} {ModelUnavailable} {EngineUnavailable}
 */
export async function prepare(
  ports: PreparePorts,
  embed: Embed,
  scope: Scope,
  document: Document,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const { parser, chooseChunker, telemetry } = ports;
  const { documentId, source, content, mediaType } = document;
  const input = { name: documentId, content, ...(mediaType !== undefined && { mediaType }) };
  const parsed = await timed(telemetry, 'parse', () => parser.parse(input, signal));
  const title = document.title ?? parsed.title;
  const chunker = chooseChunker({ source, mediaType: parsed.mediaType });
  const identity = { tenantId: scope.tenantId, documentId, ...(title !== undefined && { title }) };
  const chunked = await timed(telemetry, 'chunk', () =>
    chunker.chunk(parsed, identity, (texts) => embedTexts(ports, embed, scope, texts, signal)),
  );
  const { chunks, parents, embeddedTexts, breakpointTexts } = chunked;
  if (chunks.length === 0) {
    throw new DocumentRefused('empty', `Cannot index document ${JSON.stringify(documentId)}: it has no text`);
  }
  const embedded = await embedChunks(ports, embed, scope, chunks, embeddedTexts, signal);
  return {
    chunks: { chunks: embedded.chunks, parents },
    mediaType: parsed.mediaType,
    ...(title !== undefined && { title }),
    embedded: embedded.embedded,
    truncated: embedded.truncated,
    breakpointTexts,
    attachments: parsed.attachments ?? [],
    found: { links: parsed.links ?? [], flags: parsed.flags ?? [] },
    ...(parsed.omissions && { omissions: parsed.omissions }),
  };
}

/**
 * Chunks and embeds content that is stored under the title that its record has now.
 * @param record a live one, whose content is stored
 * @throws {ModelUnavailable} {EngineUnavailable}
 */
export async function prepareRetitled(
  ports: PreparePorts,
  embed: Embed,
  scope: Scope,
  { documentId, source, content }: DocumentRecord,
  signal: AbortSignal | undefined,
): Promise<Prepared> {
  const { documents, model, chooseChunker } = ports;
  const stored = await documents.chunks(scope, documentId);
  const parents = (await documents.parents?.(scope, documentId)) ?? [];
  const { title } = content!.claimed;
  const { embedHeadings } = chooseChunker({ source, mediaType: content!.mediaType });
  const retitled = retitle(stored, title, model, embedHeadings);
  const embedded = await embedChunks(
    ports,
    embed,
    scope,
    retitled.map(({ chunk }) => chunk),
    retitled.map(({ embeddedText }) => embeddedText),
    signal,
  );
  return {
    chunks: { chunks: embedded.chunks, parents },
    mediaType: content!.mediaType,
    ...(title !== undefined && { title }),
    embedded: embedded.embedded,
    truncated: embedded.truncated,
    breakpointTexts: 0,
  };
}

/** Embeds texts whose vectors nobody keeps. */
async function embedTexts(
  { model }: PreparePorts,
  embed: Embed,
  scope: Scope,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Float32Array[]> {
  const prints = texts.map((text) => fingerprint(text, model, 'passage'));
  const byPrint = new Map(prints.map((print, at) => [print, texts[at]!]));
  const { vectors } = await embed(scope.tenantId, byPrint, signal);
  return prints.map((print) => vectors.get(print)!);
}

async function embedChunks(
  { model, documents, telemetry }: PreparePorts,
  embed: Embed,
  scope: Scope,
  chunks: readonly Chunk[],
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ chunks: EmbeddedChunk[]; embedded: number; truncated: number }> {
  const prints = texts.map((text) => fingerprint(text, model, 'passage'));
  const known = await documents.vectors(scope, [...new Set(prints)]);
  const missing = new Map(
    prints.map((print, at) => [print, texts[at]!] as const).filter(([print]) => !known.has(print)),
  );
  const fresh: Embedded =
    missing.size === 0
      ? { vectors: new Map(), embedded: 0, truncated: 0 }
      : await timed(telemetry, 'embed', () => embed(scope.tenantId, missing, signal));
  return {
    chunks: chunks.map((chunk, at) => {
      const print = prints[at]!;
      return { chunk, fingerprint: print, vector: known.get(print) ?? fresh.vectors.get(print)! };
    }),
    embedded: fresh.embedded,
    truncated: fresh.truncated,
  };
}

/** Runs one stage and reports how long it took, also when it fails. */
export async function timed<T>(telemetry: Telemetry, stage: string, work: () => T | Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    telemetry.stage(stage, performance.now() - startedAt);
  }
}
