import { createHash } from 'node:crypto';
import { type Access, mayRead } from './access.ts';
import type { Metadata, Origin } from './document.ts';
import { hasExpired } from './expiry.ts';
import type { HiddenTextFlag } from './hidden-text.ts';
import type { KeptLinks } from './links.ts';
import type { Scope } from './scope.ts';
import { parseVersion } from './version.ts';

/** What decides between two writes of one part: the higher version, at one version a deletion, else the greater hash. */
export interface PartVersion {
  readonly version: bigint;
  readonly deleted: boolean;
  /** SHA-256, hex, of the whole event that set the part. */
  readonly eventHash: string;
}

export interface ContentPart extends PartVersion, KeptLinks {
  /** Empty where the part is deleted. */
  readonly contentHash: string;
  /** As shown: what the content turned out to be. */
  readonly mediaType: string;
  /** As shown: the source's, else the one that the parser found. */
  readonly title?: string;
  readonly uri?: string;
  readonly bytes: number;
  /** What the source said, by which an equal state is recognised without parsing. */
  readonly claimed: { readonly mediaType?: string; readonly title?: string };
  /** What parsing took out of it, since no reader sees it; absent: nothing. */
  readonly flags?: readonly HiddenTextFlag[];
}

/** Title and address that came at a higher version than the content, without it. They are what the content shows. */
export interface LabelPart extends PartVersion {
  readonly title?: string;
  readonly uri?: string;
}

export interface MetadataPart extends PartVersion {
  readonly value: Metadata;
}

export interface AccessPart extends PartVersion {
  readonly value?: Access;
}

/** A part of its own, so that a change of who may read a document leaves until when, and the other way round. */
export interface ExpiryPart extends PartVersion {
  /** ISO 8601, UTC, with milliseconds; absent: never. */
  readonly value?: string;
}

/**
 * Everything that is known of one document, and the only place where its versions are compared.
 *
 * A record without a content part holds parked patches of a document that has not come yet; one whose content
 * part is deleted is a tombstone. Both are invisible to readers.
 */
export interface DocumentRecord {
  readonly tenantId: string;
  readonly documentId: string;
  readonly source: string;
  readonly content?: ContentPart;
  /** Only where it is above the content. */
  readonly label?: LabelPart;
  readonly metadata?: MetadataPart;
  readonly access?: AccessPart;
  /** Absent: none, and as new as the content. */
  readonly expiry?: ExpiryPart;
  /** How many searchable chunks there are. */
  readonly chunks: number;
  /** Identifies how the chunks were made: parser, chunking strategy, embedding model. A difference re-chunks. */
  readonly recipe: string;
  /** ISO 8601, UTC, of the last change that was applied. */
  readonly updatedAt: string;
  /** What its source held when the record became what it is; every other change drops it. */
  readonly origin?: Origin;
  /** Of a mail: ids of all documents that may be attached to it, so that they change and go with it. */
  readonly attachments?: readonly string[];
}

/** One write of a document, whatever it came from. */
export interface Change {
  readonly operation: 'upsert' | 'patch' | 'delete';
  readonly documentId: string;
  readonly source: string;
  readonly version?: bigint;
  /** With `upsert` only. */
  readonly content?: {
    readonly contentHash: string;
    readonly mediaType?: string;
    readonly bytes: number;
    readonly title?: string;
    readonly uri?: string;
  };
  /** With `patch` only: title and address, both. Absent means keep. */
  readonly label?: { readonly title?: string; readonly uri?: string };
  /** `upsert`: absent means none. `patch`: absent means keep; present replaces the whole map. */
  readonly metadata?: Metadata;
  /** `upsert`: absent means none. `patch`: absent means keep. */
  readonly access?: Access;
  /** As `checkExpiry` writes it. `upsert`: absent means never. `patch`: absent means keep, null never. */
  readonly expiresAt?: string | null;
}

export type MergeOutcome =
  /** At least one part is newer than what is stored. */
  | 'applied'
  /** The same event again, or an equal state without a version. */
  | 'unchanged'
  /** Each part that the event carries has lost to the stored one. */
  | 'stale'
  /** A patch for a document that has not come yet; kept until it does. */
  | 'parked';

export interface Merge {
  readonly outcome: MergeOutcome;
  /** The record after the change; the stored one where nothing is applied. */
  readonly record: DocumentRecord | undefined;
  /** Two different events at one version were told apart by hash. */
  readonly conflicting: boolean;
}

/** What filters, facets and boosts look at: the document's metadata, and its links where it has no own `links`. */
export function searchedMetadata({ content, metadata }: DocumentRecord): Metadata {
  const own = metadata?.value ?? {};
  const links = content?.links;
  return links === undefined || Object.hasOwn(own, 'links') ? own : { ...own, links };
}

/** True for a record that readers may be shown: its content has come and is not deleted. */
export function isLive(record: DocumentRecord): boolean {
  return record.content !== undefined && !record.content.deleted;
}

/**
 * Tells whether a record may be shown under the scope, whose tenant must already match: it is live, has not expired, and
 * its access list lets the reader in. An operator sees what has expired too, as long as it is stored.
 */
export function mayShow(scope: Scope, record: DocumentRecord, nowMs = Date.now()): boolean {
  if (!isLive(record) || !mayRead(scope, record.access?.value)) return false;
  return scope.reach === 'operator' || !hasExpired(record.expiry?.value, nowMs);
}

/** The version of a record: the highest of its parts'. */
export function recordVersion(record: DocumentRecord): bigint {
  let highest = 0n;
  for (const part of [record.content, record.label, record.metadata, record.access, record.expiry]) {
    if (part !== undefined && part.version > highest) highest = part.version;
  }
  return highest;
}

/**
 * Merges one change into what is stored, part by part. Pure, commutative and idempotent for versioned changes:
 * any order and any repetition of the same changes ends in the same record.
 *
 * The source of the change must already be the record's.
 * @throws {InvalidInput} for a change without a version where the stored one is already the greatest
 */
export function mergeChange(
  stored: DocumentRecord | undefined,
  change: Change,
  where: { readonly tenantId: string; readonly recipe: string; readonly now: string },
): Merge {
  if (change.version === undefined && stored !== undefined && isEqualState(stored, change)) {
    return { outcome: 'unchanged', record: stored, conflicting: false };
  }
  const version =
    change.version ??
    (stored === undefined ? 1n : parseVersion(recordVersion(stored) + 1n, 'the next version'));
  const stamp: PartVersion = {
    version,
    deleted: change.operation === 'delete',
    eventHash: eventHash(where.tenantId, { ...change, version }),
  };
  const next = partsOf(change, stamp);
  const names = partNames.filter((name) => next[name] !== undefined);
  const verdicts = names.map((name) => compareParts(next[name]!, heldPart(stored, name)));
  const newer = names.filter((_, at) => verdicts[at]! > 0);
  const conflicting = names.some((name, at) => {
    const held = heldPart(stored, name);
    return (
      verdicts[at] !== 0 && held !== undefined && held.version === version && held.deleted === stamp.deleted
    );
  });
  if (newer.length === 0) {
    // One part that is this very event's shows a repeat, though later events may have won the other parts.
    const isRepeat = names.length === 0 || verdicts.includes(0);
    return { outcome: isRepeat ? 'unchanged' : 'stale', record: stored, conflicting };
  }
  const record: DocumentRecord = {
    tenantId: where.tenantId,
    documentId: change.documentId,
    source: stored?.source ?? change.source,
    chunks: stored?.chunks ?? 0,
    recipe: where.recipe,
    updatedAt: where.now,
    ...pick(stored, ['attachments']),
    ...labelled({ ...pick(stored, partNames), ...pick(next, newer) }),
  };
  const outcome = record.content === undefined ? 'parked' : 'applied';
  return { outcome, record: withoutImplied(record), conflicting };
}

const partNames = ['content', 'label', 'metadata', 'access', 'expiry'] as const;

type Parts = {
  content?: ContentPart;
  label?: LabelPart;
  metadata?: MetadataPart;
  access?: AccessPart;
  expiry?: ExpiryPart;
};

/** Each event that sets the content sets label and expiry too, so that one which is not there is as new as the content. */
function heldPart(
  stored: DocumentRecord | undefined,
  name: (typeof partNames)[number],
): PartVersion | undefined {
  return stored?.[name] ?? (name === 'expiry' || name === 'label' ? stored?.content : undefined);
}

function withoutImplied(record: DocumentRecord): DocumentRecord {
  const { expiry, ...rest } = record;
  if (expiry === undefined || expiry.value !== undefined) return record;
  return expiry.eventHash === record.content?.eventHash ? rest : record;
}

/** Drops a label that the content is above of, and shows the other. */
function labelled(parts: Parts): Parts {
  const { content, label } = parts;
  if (content === undefined || label === undefined) return parts;
  if (compareParts(label, content) < 0) {
    const { label: _, ...rest } = parts;
    return rest;
  }
  if (content.deleted) return parts;
  const { title: _, uri: __, claimed, ...rest } = content;
  const { title: ___, ...claims } = claimed;
  const title = label.title !== undefined && { title: label.title };
  const uri = label.uri !== undefined && { uri: label.uri };
  return { ...parts, content: { ...rest, ...title, ...uri, claimed: { ...claims, ...title } } };
}

function partsOf(change: Change, stamp: PartVersion): Parts {
  if (change.operation === 'delete') {
    return {
      content: { ...stamp, contentHash: '', mediaType: '', bytes: 0, claimed: {} },
      metadata: { ...stamp, value: {} },
      access: stamp,
      expiry: stamp,
    };
  }
  const isUpsert = change.operation === 'upsert';
  return {
    ...(isUpsert && change.content !== undefined && { content: contentPart(change.content, stamp) }),
    ...(!isUpsert && change.label !== undefined && { label: { ...stamp, ...change.label } }),
    ...((isUpsert || change.metadata !== undefined) && {
      metadata: { ...stamp, value: change.metadata ?? {} },
    }),
    ...((isUpsert || change.access !== undefined) && {
      access: { ...stamp, ...(change.access !== undefined && { value: change.access }) },
    }),
    ...((isUpsert || change.expiresAt !== undefined) && {
      expiry: { ...stamp, ...(typeof change.expiresAt === 'string' && { value: change.expiresAt }) },
    }),
  };
}

function contentPart(content: NonNullable<Change['content']>, stamp: PartVersion): ContentPart {
  const { mediaType, title } = content;
  const claimed = { ...(mediaType !== undefined && { mediaType }), ...(title !== undefined && { title }) };
  return { ...stamp, ...content, mediaType: mediaType ?? '', claimed };
}

/** Above 0: `next` wins; 0: the same event; below 0: `held` stays. */
function compareParts(next: PartVersion, held: PartVersion | undefined): number {
  if (held === undefined) return 1;
  if (next.version !== held.version) return next.version > held.version ? 1 : -1;
  if (next.eventHash === held.eventHash) return 0;
  if (next.deleted !== held.deleted) return next.deleted ? 1 : -1;
  return next.eventHash > held.eventHash ? 1 : -1;
}

function isEqualState(stored: DocumentRecord, change: Change): boolean {
  const held = stored.content;
  if (change.operation === 'delete') return held?.deleted === true;
  if (change.operation === 'patch') {
    const isShown = held !== undefined && !held.deleted;
    const label = isShown ? { title: held.claimed.title, uri: held.uri } : stored.label;
    return (
      (change.label === undefined ||
        (change.label.title === label?.title && change.label.uri === label?.uri)) &&
      (change.metadata === undefined ||
        canonicalJson(change.metadata) === canonicalJson(stored.metadata?.value ?? {})) &&
      (change.access === undefined ||
        canonicalJson(change.access) === canonicalJson(stored.access?.value ?? null)) &&
      (change.expiresAt === undefined || change.expiresAt === (stored.expiry?.value ?? null))
    );
  }
  return (
    held !== undefined &&
    !held.deleted &&
    held.contentHash === change.content?.contentHash &&
    held.claimed.mediaType === change.content.mediaType &&
    held.claimed.title === change.content.title &&
    held.uri === change.content.uri &&
    canonicalJson(stored.metadata?.value ?? {}) === canonicalJson(change.metadata ?? {}) &&
    canonicalJson(stored.access?.value ?? null) === canonicalJson(change.access ?? null) &&
    stored.expiry?.value === (change.expiresAt ?? undefined)
  );
}

function eventHash(tenantId: string, change: Change): string {
  return createHash('sha256')
    .update(canonicalJson({ tenantId, ...change }))
    .digest('hex');
}

/** JSON with sorted keys, without absent fields, versions as decimal strings: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    fields.sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

function pick<T extends object, K extends keyof T>(
  from: T | undefined,
  names: readonly K[],
): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  if (from === undefined) return picked;
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name];
  return picked;
}
