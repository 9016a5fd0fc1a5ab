import { setTimeout as wait } from 'node:timers/promises';
import { isLive, recordVersion } from '../domain/document-record.ts';
import { RevisionConflict } from '../domain/errors.ts';
import type { PruneReport, PruneRequest } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import { graceMs } from './feed-marks.ts';
import { changeWatermark, floorOf, readWatermark, type StoredWatermark } from './feed-watermarks.ts';

/** What tells the time; tests have one of their own. */
export interface PruneClock {
  /** Milliseconds since 1970. */
  now(): number;
  wait(milliseconds: number, signal?: AbortSignal): Promise<unknown>;
}

const systemClock: PruneClock = {
  now: () => Date.now(),
  wait: (milliseconds, signal) => wait(milliseconds, undefined, signal === undefined ? {} : { signal }),
};

const pageSize = 500;

/**
 * Forgets the deletions of a source that no late event can undo: those at or below a truncation, and those at or below
 * what all feeds of the source have proven to have seen. That version is stored as the source's floor first, below which
 * an event of an unknown document is stale; a minute later every writer knows of it, OpenSearch has forgotten what it
 * remembers of deletes itself, and the tombstones go.
 */
export async function prune(
  ports: { readonly documents: DocumentStore; readonly state: StateStore },
  scope: Scope,
  request: PruneRequest,
  clock: PruneClock = systemClock,
): Promise<PruneReport> {
  const { documents, state } = ports;
  const { source, olderThanSeconds = 3_600, dryRun = false, signal, onProgress } = request;
  const startedAt = performance.now();
  let held = await readWatermark(state, scope, source);
  const proven = provenBy(held);
  if (!dryRun && proven.version > floorOf(held)) {
    held = await changeWatermark(state, scope, source, (stored) => raiseFloor(stored, new Date(clock.now())));
  }
  const floor = dryRun && proven.version > floorOf(held) ? proven.version : floorOf(held);
  const truncated = BigInt(held.swept);
  const account = { tombstones: 0, pruned: 0 };
  const isDue = (version: bigint) => version <= floor || version <= truncated;
  if (!dryRun && floor >= 0n) await waitForGrace(held, clock, signal, onProgress);
  const oldest = clock.now() - Math.max(olderThanSeconds * 1_000, graceMs);

  await documents.refresh(scope);
  for (let after: string | undefined; ; ) {
    const page = await documents.list(scope, {
      limit: pageSize,
      deleted: true,
      ...(after !== undefined && { after }),
    });
    for (const listed of page.records) {
      signal?.throwIfAborted();
      if (listed.source !== source || isLive(listed)) continue;
      account.tombstones += 1;
      if (!isDue(recordVersion(listed)) || !(Date.parse(listed.updatedAt) < oldest)) continue;
      if (dryRun || (await forget(documents, scope, listed.documentId, isDue))) account.pruned += 1;
      onProgress?.(`${account.pruned} of ${account.tombstones} tombstones pruned`);
    }
    if (page.next === undefined) break;
    after = page.next;
  }
  return {
    source,
    ...account,
    lowWater: floor < 0n ? null : floor.toString(),
    ...(proven.heldBy !== undefined && { heldBy: proven.heldBy }),
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

/** The version that all feeds of the source have reached, and the feed that is the last to. */
function provenBy({ feeds = {} }: StoredWatermark): { readonly version: bigint; readonly heldBy?: string } {
  let lowest: { readonly version: bigint; readonly heldBy?: string } = { version: -1n };
  for (const [feed, reached] of Object.entries(feeds)) {
    const version = BigInt(reached);
    if (lowest.heldBy === undefined || version < lowest.version) lowest = { version, heldBy: feed };
  }
  return lowest;
}

function raiseFloor(stored: StoredWatermark, now: Date): StoredWatermark | undefined {
  const { version } = provenBy(stored);
  if (version <= floorOf(stored)) return undefined;
  return { ...stored, floor: { version: version.toString(), raisedAt: now.toISOString() } };
}

async function waitForGrace(
  { floor }: StoredWatermark,
  clock: PruneClock,
  signal: AbortSignal | undefined,
  onProgress: PruneRequest['onProgress'],
): Promise<void> {
  const raisedAt = Date.parse(floor!.raisedAt);
  // A clock that was set back makes it wait once more, and not for as long as it was set back.
  for (let left = Math.min(raisedAt + graceMs - clock.now(), graceMs); left > 0; left -= 1_000) {
    onProgress?.(`waiting ${Math.ceil(left / 1_000)} s until every writer knows of the mark`);
    await clock.wait(Math.min(left, 1_000), signal);
  }
}

/** False where it has come back, or is being changed. */
async function forget(
  documents: DocumentStore,
  scope: Scope,
  documentId: string,
  isDue: (version: bigint) => boolean,
): Promise<boolean> {
  const stored = await documents.record(scope, documentId);
  if (stored === undefined || isLive(stored.record) || !isDue(recordVersion(stored.record))) return false;
  try {
    await documents.forget?.(scope, documentId, stored.revision);
    return documents.forget !== undefined;
  } catch (error) {
    if (error instanceof RevisionConflict) return false;
    throw error;
  }
}
