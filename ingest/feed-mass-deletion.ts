import type { DocumentEvent, TruncateEvent } from '../domain/change-event.ts';
import { isLive } from '../domain/document-record.ts';
import { FeedStopped } from '../domain/errors.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import { documentKey, sourceKey } from './feed-keys.ts';
import { mergeEvents } from './feed-merge.ts';
import { documentsBelow } from './feed-watermarks.ts';

/** Fewer deletions than this at once are never held up. */
const minDeletions = 100;
const maxShare = 0.2;

interface InTenant<E> {
  readonly scope: Scope;
  readonly event: E;
}

/**
 * Holds up a batch that would delete more than 20 % of a tenant's documents and at least 100 of them.
 * @throws {FeedStopped}
 */
export async function checkMassDeletion(
  documents: DocumentStore,
  truncates: readonly InTenant<TruncateEvent>[],
  events: readonly InTenant<DocumentEvent>[],
): Promise<void> {
  const tenants = new Map<string, { scope: Scope; gone: Set<string> }>();
  const goneOf = (scope: Scope): Set<string> => {
    const known = tenants.get(scope.tenantId) ?? { scope, gone: new Set() };
    tenants.set(scope.tenantId, known);
    return known.gone;
  };
  const upserts = truncates.length === 0 ? [] : events.filter(({ event }) => event.operation === 'upsert');
  const rewritten = highestBy(upserts, ({ scope, event }) =>
    writtenKey(scope, event.source, event.documentId),
  );
  // What is below the other truncations of a source is below the highest.
  const highest = highestBy(truncates, ({ scope, event }) => sourceKey(scope, event.source));
  for (const { scope, event } of highest.values()) {
    for await (const documentId of documentsBelow(documents, scope, event.source, event.version)) {
      // What a snapshot has read is written again in the same batch as the end that takes away the rest.
      const again = rewritten.get(writtenKey(scope, event.source, documentId))?.event.version ?? -1n;
      if (again <= event.version) goneOf(scope).add(documentId);
    }
  }
  for (const deletion of await deletionsOf(documents, events))
    goneOf(deletion.scope).add(deletion.event.documentId);
  for (const { scope, gone } of tenants.values()) {
    if (gone.size < minDeletions) continue;
    assertNoMassDeletion(gone.size, await countLive(documents, scope), scope.tenantId);
  }
}

/** Of the events of each key the one of the highest version. */
function highestBy<E extends DocumentEvent | TruncateEvent>(
  events: readonly InTenant<E>[],
  keyOf: (event: InTenant<E>) => string,
): ReadonlyMap<string, InTenant<E>> {
  const highest = new Map<string, InTenant<E>>();
  for (const given of events) {
    const key = keyOf(given);
    const known = highest.get(key);
    if (known === undefined || known.event.version < given.event.version) highest.set(key, given);
  }
  return highest;
}

/** Of one source: what another writes is no document of this one. */
function writtenKey(scope: Scope, source: string, documentId: string): string {
  return `${sourceKey(scope, source)}\0${documentId}`;
}

/** @throws {FeedStopped} where `deletions` of `live` documents are too many at once */
export function assertNoMassDeletion(deletions: number, live: number, tenantId: string): void {
  if (deletions < minDeletions || deletions <= live * maxShare) return;
  throw new FeedStopped(
    'mass_deletion',
    `Stopped before deleting ${deletions} of the ${live} documents of tenant ${JSON.stringify(tenantId)} at once: where that is meant, allow it with --allow-mass-delete`,
  );
}

/** The last word of each document that is live and would be deleted; none where they are too few to matter. */
async function deletionsOf(
  documents: DocumentStore,
  events: readonly InTenant<DocumentEvent>[],
): Promise<InTenant<DocumentEvent>[]> {
  if (events.filter(({ event }) => event.operation === 'delete').length < minDeletions) return [];
  const lanes = Map.groupBy(events, ({ scope, event }) => documentKey(scope, event.documentId));
  const deletions: InTenant<DocumentEvent>[] = [];
  for (const lane of lanes.values()) {
    const last = mergeEvents(lane, ({ event }) => event).applied.findLast(
      ({ event }) => event.operation !== 'patch',
    );
    if (last?.event.operation !== 'delete') continue;
    const stored = await documents.record(last.scope, last.event.documentId);
    if (stored === undefined || !isLive(stored.record)) continue;
    if (stored.record.content!.version <= last.event.version) deletions.push(last);
  }
  return deletions;
}

export async function countLive(documents: DocumentStore, scope: Scope): Promise<number> {
  await documents.refresh(scope);
  let count = 0;
  for (let after: string | undefined; ; ) {
    const page = await documents.list(scope, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    count += page.records.length;
    if (page.next === undefined) return count;
    after = page.next;
  }
}
