import { createHash } from 'node:crypto';
import type { Document } from '../domain/document.ts';
import {
  type Change,
  type DocumentRecord,
  isLive,
  type Merge,
  mergeChange,
  recordVersion,
} from '../domain/document-record.ts';
import { RevisionConflict } from '../domain/errors.ts';
import type { AttachmentResult, WriteResult } from '../domain/ingest.ts';
import { keptLinks, movedLinks } from '../domain/links.ts';
import type { Attachment } from '../domain/parsed-document.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore, ReplacedChunks, StoredRecord } from '../search-engine/document-store.ts';
import { attachmentId, writeAttachments } from './attachments.ts';
import { checkChange, checkExpected, checkOwner, type RequestedChange } from './check-change.ts';
import type { RecipeOf } from './choose-chunker.ts';
import { createEmbed } from './embed.ts';
import { type Prepared, type PreparePorts, prepare, prepareRetitled, timed } from './prepare.ts';

export type { RequestedChange } from './check-change.ts';

export interface IngestPorts extends PreparePorts {
  /** Names the life of a tenant, which a deletion ends. @throws {TenantDeleting} @default tenants are not deleted */
  readonly lifeOf?: (tenantId: string) => Promise<string>;
}

/**
 * @param ifVersion the version that must be stored; `null`: no live document may be
 * @param signal ends parsing and embedding; what is being stored is stored
 * @param pin is told the version that the change gets and what is stored, before anything is written; what it throws ends the ingest
 */
export type Ingest = (
  scope: Scope,
  change: RequestedChange,
  ifVersion?: bigint | null,
  signal?: AbortSignal,
  pin?: (version: bigint, stored: DocumentRecord | undefined) => Promise<void>,
) => Promise<WriteResult>;

/** Concurrent writers of one document each win once; more conflicts than this mean that something else is wrong. */
const maxConflicts = 20;

/** The recipe of a record that has had no chunks yet. */
const notChunked = 'none';

/** What is to be written. */
interface Write {
  readonly record: DocumentRecord;
  readonly chunks?: ReplacedChunks;
  /** Where the content was parsed for it. */
  readonly attachments?: readonly Attachment[];
  /** What became of its attachments. */
  readonly results?: readonly AttachmentResult[];
}

/**
 * document -> parse -> chunk -> embed -> index, for one change.
 *
 * Versions decide (see `mergeChange`): a stale or equal change does nothing, and a change of metadata or access alone
 * parses and embeds nothing. Chunks made by an older recipe are made anew. A lost race reads the record again, but
 * prepares the document only once.
 */
export function createIngest(ports: IngestPorts): Ingest {
  const { model, documents, telemetry } = ports;
  const embed = createEmbed(model, telemetry);
  const recipeOf = createRecipeOf(ports);

  const ingestBelow = async (
    [scope, requested, ifVersion, signal, pin]: Parameters<Ingest>,
    depth: number,
    lifeOfParent?: string,
  ): Promise<WriteResult> => {
    const change = checkChange(requested);
    let life = lifeOfParent;
    let prepared: Prepared | undefined;
    let preparedTitle: string | undefined;

    const attempt = async (): Promise<WriteResult | undefined> => {
      // Once, before anything else: what a deletion of the tenant overtakes is not written after it.
      const [stored, begunIn] = await Promise.all([
        documents.record(scope, change.documentId),
        life ?? ports.lifeOf?.(scope.tenantId),
      ]);
      life = begunIn;
      checkOwner(stored?.record, change);
      checkExpected(stored?.record, change.documentId, ifVersion);
      const merge = mergeChange(stored?.record, change, {
        tenantId: scope.tenantId,
        recipe: stored?.record.recipe ?? notChunked,
        now: new Date().toISOString(),
      });
      const record = withOrigin(merge, requested);
      let write: Write | undefined;
      if (
        requested.operation === 'upsert' &&
        needsChunks(requested.document, change, record, stored?.record, recipeOf)
      ) {
        const document = shownAs(requested.document, record);
        if (prepared === undefined || preparedTitle !== document.title) {
          prepared = await prepare(ports, embed, scope, document, signal);
          preparedTitle = document.title;
        }
        write = withPrepared(record, prepared, recipeOf);
      } else if (merge.outcome === 'applied' && isRetitled(record!, stored?.record)) {
        prepared = await prepareRetitled(ports, embed, scope, record!, signal);
        write = withPrepared(record!, prepared, () => record!.recipe);
      } else if (record !== merge.record || merge.outcome === 'applied' || merge.outcome === 'parked') {
        write = withoutPrepared(record!, stored?.record);
      }
      if (write !== undefined) {
        await pin?.(recordVersion(write.record), stored?.record);
        const isNamed = await nameAttachments(documents, scope, stored, change, life, write.attachments);
        if (!isNamed) return undefined;
        const results = await writeAttachments({
          requested,
          held: stored?.record.attachments ?? [],
          next: write.record,
          attachments: write.attachments,
          depth,
          isStored: async (documentId) => {
            const held = await documents.record(scope, documentId);
            return held !== undefined && isLive(held.record);
          },
          write: (below) => ingestBelow([scope, below, undefined, signal], depth + 1, life),
        });
        write = withAttachments(write, results);
        const { record: next, chunks } = write;
        await timed(telemetry, 'store', () =>
          documents.replace(scope, {
            record: next,
            expected: stored?.revision,
            ...(chunks && { chunks }),
            ...(life !== undefined && { life }),
          }),
        );
      }
      return resultOf(change, merge, stored?.record, write, prepared);
    };

    for (let conflicts = 0; ; conflicts += 1) {
      try {
        // The attachments are named now, and what is stored is read again.
        const result = (await attempt()) ?? (await attempt());
        if (result === undefined)
          throw new RevisionConflict('The record changed while its attachments were named');
        telemetry.count('documents', 1, { outcome: result.outcome });
        telemetry.count('chunks', result.chunks);
        telemetry.count('embedded_texts', result.embedded);
        telemetry.count('truncated_texts', result.truncated);
        telemetry.count('breakpoint_texts', result.breakpointTexts);
        if (result.conflicting) telemetry.count('conflicting_changes');
        return result;
      } catch (error) {
        if (!(error instanceof RevisionConflict) || conflicts >= maxConflicts) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * (conflicts + 1)));
      }
    }
  };
  return (...given) => ingestBelow(given, 0);
}

/**
 * Sees that the stored record names every attachment before one is written.
 * @returns false where it had to be written for that, and must be read again
 */
async function nameAttachments(
  documents: DocumentStore,
  scope: Scope,
  stored: StoredRecord | undefined,
  change: Change,
  life: string | undefined,
  attachments: readonly Attachment[] = [],
): Promise<boolean> {
  const held = stored?.record.attachments ?? [];
  const ids = new Set([...held, ...attachments.map(({ name }) => attachmentId(change.documentId, name))]);
  if (ids.size === held.length) return true;
  const record: DocumentRecord = {
    ...(stored?.record ?? {
      tenantId: scope.tenantId,
      documentId: change.documentId,
      source: change.source,
      chunks: 0,
      recipe: '',
      updatedAt: new Date().toISOString(),
    }),
    attachments: [...ids],
  };
  await documents.replace(scope, {
    record,
    expected: stored?.revision,
    ...(life !== undefined && { life }),
  });
  return false;
}

/** Names exactly the attachments that there are now. */
function withAttachments(write: Write, results: readonly AttachmentResult[]): Write {
  const { attachments: held, ...record } = write.record;
  const ids = write.attachments?.map(({ name }) => attachmentId(record.documentId, name)) ?? held ?? [];
  const isKept = isLive(write.record) || write.record.content === undefined;
  return {
    ...write,
    record: { ...record, ...(isKept && ids.length > 0 && { attachments: ids }) },
    ...(results.length > 0 && { results }),
  };
}

/** Identifies how this configuration makes the chunks of documents of a kind. */
export function createRecipeOf({
  parser,
  chooseChunker,
  model,
}: Pick<IngestPorts, 'parser' | 'chooseChunker' | 'model'>): RecipeOf {
  return (kind) => hash(`${parser.recipe}|${chooseChunker(kind).recipe}|${model.id}|${model.dimensions}`);
}

/** The record, with what the source held where the document is now exactly that: its newest state in all parts. */
function withOrigin({ record, outcome }: Merge, requested: RequestedChange): DocumentRecord | undefined {
  const origin = requested.operation === 'upsert' ? requested.document.origin : undefined;
  const isExact = outcome === 'applied' || outcome === 'unchanged';
  if (origin === undefined || record === undefined || !isExact) return record;
  // An event with a version may have lost single parts to later ones.
  if (requested.operation === 'upsert' && requested.document.version !== undefined) return record;
  const isHeld = record.origin?.tag === origin.tag && record.origin.versionId === origin.versionId;
  if (isHeld) return record;
  return { ...record, origin };
}

/**
 * True where the record's content is this document's own, down to what its source claims of it, and is not chunked yet
 * or by another recipe. An older event with the same bytes must not lend the document its title.
 */
function needsChunks(
  document: Document,
  change: Change,
  record: DocumentRecord | undefined,
  stored: DocumentRecord | undefined,
  recipeOf: RecipeOf,
): record is DocumentRecord {
  if (record === undefined || !isLive(record) || change.content === undefined) return false;
  const { contentHash, claimed } = record.content!;
  const isOwn =
    contentHash === change.content.contentHash &&
    claimed.title === shownAs(document, record).title &&
    claimed.mediaType === document.mediaType;
  if (!isOwn) return false;
  const held = stored?.content;
  return (
    held === undefined ||
    held.deleted ||
    held.contentHash !== contentHash ||
    held.claimed.title !== claimed.title ||
    held.claimed.mediaType !== claimed.mediaType ||
    stored?.recipe !== recipeOf({ source: record.source, mediaType: held.mediaType })
  );
}

/** The document with the title and address of a later change that brought no content. */
function shownAs(document: Document, { label }: DocumentRecord): Document {
  if (label === undefined) return document;
  const { title: _, uri: __, ...rest } = document;
  return {
    ...rest,
    ...(label.title !== undefined && { title: label.title }),
    ...(label.uri !== undefined && { uri: label.uri }),
  };
}

/** True where content stays that was embedded under another title. */
function isRetitled(record: DocumentRecord, stored: DocumentRecord | undefined): boolean {
  if (stored === undefined || !isLive(stored) || !isLive(record) || record.label === undefined) return false;
  return record.content!.claimed.title !== stored.content!.claimed.title;
}

function withPrepared(record: DocumentRecord, prepared: Prepared, recipeOf: RecipeOf): Write {
  const { title: _, links, writtenLinks, flags: heldFlags = [], ...content } = record.content!;
  const { mediaType, title, chunks, found } = prepared;
  const held = { ...(links && { links }), ...(writtenLinks && { writtenLinks }) };
  const flags = found?.flags ?? heldFlags;
  return {
    record: {
      ...record,
      content: {
        ...content,
        mediaType,
        ...(title !== undefined && { title }),
        ...(found === undefined ? movedLinks(held, content.uri) : keptLinks(found.links, content.uri)),
        ...(flags.length > 0 && { flags }),
      },
      chunks: chunks.chunks.length,
      recipe: recipeOf({ source: record.source, mediaType }),
    },
    chunks,
    ...(prepared.attachments && { attachments: prepared.attachments }),
  };
}

function withoutPrepared(record: DocumentRecord, stored: DocumentRecord | undefined): Write {
  if (isLive(record)) return { record: keepShown(record, stored) };
  const hadChunks = stored !== undefined && isLive(stored);
  return hadChunks ? { record: { ...record, chunks: 0 }, chunks: { chunks: [], parents: [] } } : { record };
}

/** Content that was not parsed again keeps what parsing found; relative links start from where it is now. */
function keepShown(record: DocumentRecord, stored: DocumentRecord | undefined): DocumentRecord {
  const held = stored?.content;
  if (record.content === undefined || held === undefined || record.content === held) return record;
  if (held.claimed.title !== record.content.claimed.title) return record;
  const { title: _, links: __, writtenLinks: ___, ...content } = record.content;
  return {
    ...record,
    content: {
      ...content,
      mediaType: held.mediaType,
      ...(held.title !== undefined && { title: held.title }),
      ...movedLinks(held, content.uri),
      ...(held.flags !== undefined && { flags: held.flags }),
    },
  };
}

function resultOf(
  change: Change,
  merge: Merge,
  stored: DocumentRecord | undefined,
  write: Write | undefined,
  prepared: Prepared | undefined,
): WriteResult {
  const record = write?.record ?? merge.record;
  return {
    documentId: change.documentId,
    outcome: outcomeOf(change, merge, stored, write),
    version: record === undefined ? 0n : recordVersion(record),
    chunks: write?.chunks?.chunks.length ?? 0,
    embedded: prepared?.embedded ?? 0,
    truncated: prepared?.truncated ?? 0,
    breakpointTexts: prepared?.breakpointTexts ?? 0,
    conflicting: merge.conflicting,
    ...(write !== undefined && prepared?.omissions && { omissions: prepared.omissions }),
    ...(write?.results && { attachments: write.results }),
  };
}

function outcomeOf(
  change: Change,
  merge: Merge,
  stored: DocumentRecord | undefined,
  write: Write | undefined,
): WriteResult['outcome'] {
  if (write === undefined) return merge.outcome === 'stale' ? 'stale' : 'unchanged';
  // Only what its source held is written down anew.
  if (merge.outcome === 'unchanged' && write.chunks === undefined) return 'unchanged';
  if (isLive(write.record)) return stored !== undefined && isLive(stored) ? 'updated' : 'indexed';
  // Parts of a document that has not come, or is deleted, wait for it.
  return change.operation === 'delete' ? 'deleted' : 'parked';
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
