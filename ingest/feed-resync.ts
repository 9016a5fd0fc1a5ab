import {
  type ChangeEvent,
  type FeedReader,
  isKept,
  isObject,
  type UpsertEvent,
} from '../domain/change-event.ts';
import { contentHash } from '../domain/document.ts';
import { canonicalJson, type DocumentRecord, isLive, recordVersion } from '../domain/document-record.ts';
import { InvalidInput } from '../domain/errors.ts';
import { checkExpiry } from '../domain/expiry.ts';
import type { ResyncReport, ResyncRequest } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import { assertNoMassDeletion, countLive } from './feed-mass-deletion.ts';
import { floorOf, readWatermark } from './feed-watermarks.ts';
import type { Ingest } from './ingest.ts';

/**
 * Compares a full listing of a source, as upserts, with the index and repairs only the differences: what is missing or
 * other is written at the listed version, and what is not listed is deleted at the highest listed version. What the
 * index holds at a higher version than the listing is newer, and stays.
 * @throws {InvalidInput} for a listing that cannot be read whole, before anything is deleted
 * @throws {FeedStopped} before a mass deletion
 */
export async function resync(
  ports: { readonly ingest: Ingest; readonly documents: DocumentStore; readonly state: StateStore },
  scope: Scope,
  { source, reader, open, allowMassDelete = false, dryRun = false, signal }: ResyncRequest,
): Promise<ResyncReport> {
  const { ingest, documents, state } = ports;
  const marks = await readWatermark(state, scope, source);
  const truncated = BigInt(marks.version);
  const floor = floorOf(marks);
  const logs = marks.logs ?? {};
  const startedAt = performance.now();
  const listed = new Set<string>();
  const account = { listed: 0, equal: 0, newer: 0, repaired: 0, conflicting: 0, deleted: 0, embedded: 0 };
  let highest = -1n;
  for await (const raw of open(signal)) {
    signal?.throwIfAborted();
    for (const event of upsertsOf(reader, raw.text, raw.record, { source, tenantId: scope.tenantId, logs })) {
      listed.add(event.documentId);
      account.listed += 1;
      if (event.version > highest) highest = event.version;
      const record = (await documents.record(scope, event.documentId))?.record;
      // Below a truncation everything is gone, and below the floor what is not known is, whether remembered or not.
      const isGone = event.version <= truncated || (event.version <= floor && record?.content === undefined);
      const difference = isGone ? 'newer' : differenceOf(record, event);
      if (difference === 'differs' && !dryRun) {
        const {
          operation: _,
          keptMetadata: __,
          kept: _____,
          occurredAt: ___,
          position: ____,
          tenantId: ______,
          log: _______,
          ...document
        } = event;
        const content = event.content as string | Uint8Array;
        const result = await ingest(scope, { operation: 'upsert', document: { ...document, content } });
        account.embedded += result.embedded;
        // Another state at the very same version, whose greater hash stays on every replica.
        const hasLost = result.outcome === 'stale' || result.outcome === 'unchanged';
        account[hasLost ? 'conflicting' : 'repaired'] += 1;
      } else account[difference === 'differs' ? 'repaired' : difference] += 1;
    }
  }
  if (account.listed === 0) throw new InvalidInput('listing', 'Expected a full listing, got an empty one');

  const extra = await unlisted(documents, scope, source, listed, highest);
  if (!allowMassDelete && extra.length > 0) {
    assertNoMassDeletion(extra.length, await countLive(documents, scope), scope.tenantId);
  }
  for (const documentId of extra) {
    signal?.throwIfAborted();
    if (!dryRun) await ingest(scope, { operation: 'delete', documentId, source, version: highest });
  }
  account.deleted = extra.length;
  return { ...account, seconds: (performance.now() - startedAt) / 1000 };
}

/** What the entries of a listing must be of. */
interface Expected {
  readonly source: string;
  readonly tenantId: string;
  /** By epoch, where known. */
  readonly logs: Readonly<Record<string, string>>;
}

/** A listing with a gap would delete what stands in it, so that one bad event ends the resync. */
function upsertsOf(reader: FeedReader, text: string, record: number, expected: Expected): UpsertEvent[] {
  return reader(text).flatMap((reading) => {
    if (reading.kind === 'ignored') return [];
    const problem = reading.kind === 'refused' ? reading.message : problemOf(reading.event, expected);
    if (problem !== undefined) {
      throw new InvalidInput('listing', `Cannot use event ${record} of the listing: ${problem}`);
    }
    return reading.kind === 'event' && reading.event.operation === 'upsert' ? [reading.event] : [];
  });
}

/** Why an event cannot be an entry of a listing of this source in this tenant. */
function problemOf(event: ChangeEvent, { source, tenantId, logs }: Expected): string | undefined {
  if (event.operation !== 'upsert' || isKept(event.content)) return 'Expected a whole document';
  if (isObject(event.content)) {
    return 'Expected a whole document, got one that names its object; give resync the bucket itself, as s3://bucket/prefix';
  }
  if (event.source !== source) {
    return `Expected source ${JSON.stringify(source)}, got ${JSON.stringify(event.source)}`;
  }
  const log = event.log && logs[event.log.epoch];
  if (log !== undefined && log !== event.log!.name) {
    return `Cannot compare positions: it is of the log ${JSON.stringify(event.log!.name)}, and the source is of ${JSON.stringify(log)}; list both logs under lineages in the mapping, oldest first`;
  }
  if (event.tenantId === undefined || event.tenantId === tenantId) return undefined;
  return `Expected tenant ${JSON.stringify(tenantId)}, got ${JSON.stringify(event.tenantId)}; list one tenant at a time, named with --tenant`;
}

function differenceOf(record: DocumentRecord | undefined, event: UpsertEvent): 'equal' | 'newer' | 'differs' {
  if (record === undefined) return 'differs';
  if (isLive(record) && isSameState(record, event)) return 'equal';
  return recordVersion(record) > event.version ? 'newer' : 'differs';
}

function isSameState(record: DocumentRecord, event: UpsertEvent): boolean {
  const content = record.content!;
  return (
    record.source === event.source &&
    content.contentHash === contentHash(event.content as string | Uint8Array) &&
    content.claimed.title === event.title &&
    content.claimed.mediaType === event.mediaType &&
    content.uri === event.uri &&
    canonicalJson(record.metadata?.value ?? {}) === canonicalJson(event.metadata ?? {}) &&
    canonicalJson(record.access?.value ?? null) === canonicalJson(event.access ?? null) &&
    record.expiry?.value === (event.expiresAt === undefined ? undefined : checkExpiry(event.expiresAt))
  );
}

async function unlisted(
  documents: DocumentStore,
  scope: Scope,
  source: string,
  listed: ReadonlySet<string>,
  highest: bigint,
): Promise<string[]> {
  await documents.refresh(scope);
  const found: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await documents.list(scope, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    for (const record of page.records) {
      const isOfListing = record.source === source && record.content!.version <= highest;
      if (isOfListing && !listed.has(record.documentId)) found.push(record.documentId);
    }
    if (page.next === undefined) return found;
    after = page.next;
  }
}
