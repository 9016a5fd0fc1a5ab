import PQueue from 'p-queue';
import type { ChangeEvent, DocumentEvent, FeedReading, TruncateEvent } from '../domain/change-event.ts';
import { isLive } from '../domain/document-record.ts';
import {
  BraidError,
  DocumentRefused,
  EngineMismatch,
  EngineUnavailable,
  InvalidInput,
  ModelRefused,
  ObjectStoreFailure,
  SourceConflict,
  TenantDeleting,
} from '../domain/errors.ts';
import type { EventOutcome } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createEventResolver, UnavailableValue } from './feed-kept.ts';
import { documentKey, sourceKey } from './feed-keys.ts';
import { createMarkBook, type MarkBook } from './feed-marks.ts';
import { checkMassDeletion } from './feed-mass-deletion.ts';
import { mergeEvents } from './feed-merge.ts';
import type { LoadObject } from './feed-object.ts';
import { isPassing, type Patience } from './feed-patience.ts';
import type { Watermarks } from './feed-watermarks.ts';
import type { Ingest } from './ingest.ts';

/** One reading on its way through a batch. */
export interface QueuedReading {
  readonly reading: FeedReading;
  /** What became of it; final once it is settled. */
  outcome?: EventOutcome;
  /** It may be acknowledged: nothing that happened meanwhile has to be made up for. */
  isSettled?: boolean;
  embedded: number;
}

/** Of documents that are written and not looked at again, so that what stops a long batch is acknowledged up to there. */
const checkEveryMs = 1_000;

export interface ApplyPorts {
  readonly ingest: Ingest;
  readonly documents: DocumentStore;
  readonly watermarks: Watermarks;
  readonly loadObject: LoadObject;
  readonly telemetry: Telemetry;
}

export interface ApplyOptions {
  /** Of the feed; events without a tenant are its own. */
  readonly scope: Scope;
  readonly scopeOf?: (tenantId: string) => Scope;
  /** Documents in work at once. */
  readonly concurrency: number;
  readonly allowMassDelete: boolean;
  readonly patience: Patience;
}

/**
 * Settles the readings of one batch: per document in order, across documents in parallel.
 *
 * @param onSettled called after each piece of work that settled something
 * @param isStopped true ends the batch early, with readings that stay unsettled
 * @throws {FeedStopped} for a mass deletion, before anything of the batch is applied
 */
export type ApplyBatch = (
  readings: readonly QueuedReading[],
  onSettled: () => void,
  isStopped: () => boolean,
) => Promise<void>;

interface Routed<E extends ChangeEvent> {
  readonly item: QueuedReading;
  readonly scope: Scope;
  readonly event: E;
}

export function createApplyBatch(ports: ApplyPorts, options: ApplyOptions): ApplyBatch {
  const { documents, watermarks } = ports;
  const { patience } = options;

  return async (readings, onSettled, isStopped) => {
    const truncates: Routed<TruncateEvent>[] = [];
    const lanes = new Map<string, Routed<DocumentEvent>[]>();
    for (const item of readings) {
      const routed = route(item, options);
      if (routed === undefined) {
        item.isSettled = true;
        continue;
      }
      const { scope, event } = routed;
      if (event.operation === 'truncate') truncates.push({ item, scope, event });
      else gather(lanes, documentKey(scope, event.documentId), { item, scope, event });
    }
    if (!options.allowMassDelete) {
      await patience(() => checkMassDeletion(documents, truncates, [...lanes.values()].flat()));
    }
    // Order does not decide, versions do: the truncations first saves the work on what they take away.
    const before = createMarkBook(watermarks, patience);
    for (const truncation of truncates) {
      const { item, scope, event } = truncation;
      if (!(await isOfOtherLog(truncation, before))) {
        const isNew = await patience(() => watermarks.raise(scope, event.source, event.version));
        item.outcome = { outcome: isNew ? 'indexed' : 'stale', version: event.version.toString() };
      }
      item.isSettled = true;
    }
    onSettled();

    const marks = createMarkBook(watermarks, patience);
    const queue = new PQueue({ concurrency: options.concurrency });
    let failure: { readonly error: unknown } | undefined;
    let written: Routed<DocumentEvent>[] = [];
    let checking: Promise<void> | undefined;
    let checkedAt = performance.now();

    /** A truncation that missed what was written is held against it before it is acknowledged: afterwards nobody would. */
    const settleWritten = async (): Promise<void> => {
      const settling = written;
      written = [];
      // An engine that is away is asked once more: what it does not answer stays unsettled, and comes again.
      const isAway = failure?.error instanceof EngineUnavailable;
      try {
        await obeyLaterMarks(ports, isAway ? (work) => work() : patience, settling, marks);
        for (const { item } of settling) if (item.outcome !== undefined) item.isSettled = true;
      } catch (error) {
        failure ??= { error };
      }
      checkedAt = performance.now();
      onSettled();
    };

    for (const lane of lanes.values()) {
      void queue.add(async () => {
        if (failure !== undefined || isStopped()) return;
        try {
          await applyLane(ports, patience, lane, marks);
        } catch (error) {
          failure ??= { error };
        }
        // Stale is also what an earlier try has written whose answer was lost.
        const isDead = lane.every(({ item }) => item.outcome?.outcome === 'dead_lettered');
        if (isDead) for (const { item } of lane) item.isSettled = true;
        else written.push(...lane);
        if (checking === undefined && performance.now() - checkedAt > checkEveryMs) {
          checking = settleWritten().finally(() => {
            checking = undefined;
          });
        }
        onSettled();
      });
    }
    await queue.onIdle();
    await checking;
    await settleWritten();
    if (failure !== undefined) throw failure.error;
  };
}

/** Settles what is no event of a tenant that the feed may write. */
function route(item: QueuedReading, options: ApplyOptions): Omit<Routed<ChangeEvent>, 'item'> | undefined {
  const { reading } = item;
  if (reading.kind === 'ignored') {
    item.outcome = { outcome: 'ignored', kind: reading.what };
    return undefined;
  }
  if (reading.kind === 'refused') {
    const { reason, message } = reading;
    item.outcome = { outcome: 'dead_lettered', reason, message };
    return undefined;
  }
  const { event } = reading;
  const { scope, scopeOf } = options;
  if (event.tenantId === undefined || event.tenantId === scope.tenantId) return { scope, event };
  if (scopeOf !== undefined) return { scope: scopeOf(event.tenantId), event };
  item.outcome = {
    outcome: 'dead_lettered',
    ...documentIdOf(event),
    reason: 'wrong_tenant',
    message: `Cannot apply an event of tenant ${JSON.stringify(event.tenantId)}: the feed is of tenant ${JSON.stringify(scope.tenantId)}`,
  };
  return undefined;
}

/** Settles an event whose version is a place in another log than its source's: the two do not compare. */
async function isOfOtherLog({ item, scope, event }: Routed<ChangeEvent>, marks: MarkBook): Promise<boolean> {
  if (event.log === undefined) return false;
  const known = await marks.logOf(scope, event.source, event.log);
  if (known === event.log.name) return false;
  item.outcome = {
    outcome: 'dead_lettered',
    ...documentIdOf(event),
    reason: 'invalid_event',
    message: `Cannot compare positions: the event is of the log ${JSON.stringify(event.log.name)}, and source ${JSON.stringify(event.source)} is of ${JSON.stringify(known)}; list both logs under lineages in the mapping, oldest first, to go on`,
  };
  return true;
}

/** Applies the queued events of one document: what can win, lowest version first. */
async function applyLane(
  ports: ApplyPorts,
  patience: Patience,
  lane: readonly Routed<DocumentEvent>[],
  marks: MarkBook,
): Promise<void> {
  const bySource = new Map<string, Routed<DocumentEvent>[]>();
  for (const routed of lane) {
    const { scope, event, item } = routed;
    const { truncated, floor } = await marks.of(scope, event.source);
    if (await isOfOtherLog(routed, marks)) continue;
    if (event.version <= truncated) {
      await patience(() => obeyMark(ports, scope, event, truncated));
      item.outcome = staleBy(event);
    } else if (event.version <= floor && (await isUnknown(ports, patience, scope, event))) {
      item.outcome = staleBy(event);
    } else gather(bySource, event.source, routed);
  }
  for (const ofSource of bySource.values()) {
    let left: readonly Routed<DocumentEvent>[] = ofSource;
    while (left.length > 0) {
      const { applied, superseded } = mergeEvents(left, ({ event }) => event);
      let isAnyDead = false;
      for (const routed of applied) {
        await applyEvent(ports, patience, routed, marks);
        isAnyDead ||= routed.item.outcome?.outcome === 'dead_lettered';
      }
      // What lost to an event that turned out to be dead is the newest state after all.
      if (!isAnyDead) for (const { item, event } of superseded) item.outcome = staleBy(event);
      left = isAnyDead ? superseded : [];
    }
  }
}

async function applyEvent(
  ports: ApplyPorts,
  patience: Patience,
  { item, scope, event }: Routed<DocumentEvent>,
  marks: MarkBook,
): Promise<void> {
  const resolve = createEventResolver(ports.documents, ports.loadObject);
  try {
    const result = await patience(async () => {
      const change = await resolve(scope, event);
      return (
        change && ports.ingest(scope, change, undefined, undefined, unlessForgotten(scope, event, marks))
      );
    });
    const isStale = result === undefined || result.outcome === 'stale' || result.outcome === 'unchanged';
    item.embedded = result?.embedded ?? 0;
    item.outcome = isStale
      ? staleBy(event)
      : { outcome: 'indexed', ...documentIdOf(event), version: event.version.toString() };
  } catch (error) {
    if (error instanceof Forgotten) {
      item.outcome = staleBy(event);
      return;
    }
    const isRefused = error instanceof ModelRefused && !error.concernsTextOnly;
    if (isPassing(error) || error instanceof EngineMismatch || isRefused || isAborted(error)) throw error;
    // Nothing is wrong with the event: sent again, it belongs to the tenant's next life.
    if (error instanceof TenantDeleting) throw error;
    if (!(error instanceof BraidError || error instanceof UnavailableValue)) {
      ports.telemetry.log.error({ error }, 'event failed unexpectedly');
    }
    const message = error instanceof Error ? error.message : String(error);
    item.outcome = { outcome: 'dead_lettered', ...documentIdOf(event), reason: reasonOf(error), message };
  }
}

/** A late event of a document whose deletion may have been forgotten. */
class Forgotten extends Error {}

/**
 * Looks once more before the write, since the deletion may have been forgotten after the event was looked at: it may have
 * waited for its turn or for its object meanwhile, so that the marks are asked for again too.
 */
function unlessForgotten(scope: Scope, event: DocumentEvent, marks: MarkBook): Parameters<Ingest>[4] {
  return async (_version, stored) => {
    if (stored?.content !== undefined) return;
    const { floor } = await marks.of(scope, event.source);
    if (event.version <= floor) throw new Forgotten();
  };
}

/** True where no content is known, at a version up to which everything has been seen: the document is long gone. */
async function isUnknown(
  { documents }: ApplyPorts,
  patience: Patience,
  scope: Scope,
  { documentId }: DocumentEvent,
): Promise<boolean> {
  const stored = await patience(() => documents.record(scope, documentId));
  // Patches that came after the deletion may be parked.
  return stored?.record.content === undefined;
}

function reasonOf(error: unknown): Extract<EventOutcome, { outcome: 'dead_lettered' }>['reason'] {
  if (error instanceof SourceConflict) return 'source_conflict';
  if (error instanceof UnavailableValue) return 'unavailable_value';
  if (error instanceof DocumentRefused || error instanceof ModelRefused) return 'refused_document';
  if (error instanceof InvalidInput) return 'invalid_event';
  if (error instanceof ObjectStoreFailure) return 'unreadable_object';
  const code = error instanceof BraidError ? error.code : undefined;
  return code === 'engine_rejection' || code === 'unreadable_object' ? code : 'internal';
}

/** The retry of cockatiel ends so where its signal is aborted. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TaskCancelledError' || error.name === 'AbortError');
}

/** A truncation by another process while the batch was in work may have missed the documents that it brought. */
async function obeyLaterMarks(
  ports: ApplyPorts,
  patience: Patience,
  written: readonly Routed<DocumentEvent>[],
  marks: MarkBook,
): Promise<void> {
  const bySource = Map.groupBy(written, ({ scope, event }) => sourceKey(scope, event.source));
  for (const routed of bySource.values()) {
    const { scope, event } = routed[0]!;
    const { first, now } = await marks.sinceFirst(scope, event.source, patience);
    if (now.truncated <= first.truncated) continue;
    for (const late of routed) {
      const outcome = late.item.outcome?.outcome;
      if (late.event.version > now.truncated || outcome === undefined || outcome === 'dead_lettered')
        continue;
      await patience(() => obeyMark(ports, late.scope, late.event, now.truncated));
    }
  }
}

/** Takes away a document that a truncation missed because it was being written. */
async function obeyMark(
  ports: ApplyPorts,
  scope: Scope,
  event: DocumentEvent,
  version: bigint,
): Promise<void> {
  const { documentId, source } = event;
  const record = (await ports.documents.record(scope, documentId))?.record;
  if (record === undefined || !isLive(record) || record.source !== source) return;
  if (record.content!.version <= version)
    await ports.ingest(scope, { operation: 'delete', documentId, source, version });
}

function staleBy(event: DocumentEvent): EventOutcome {
  return { outcome: 'stale', documentId: event.documentId, version: event.version.toString() };
}

function documentIdOf(event: ChangeEvent): { readonly documentId?: string } {
  return event.operation === 'truncate' ? {} : { documentId: event.documentId };
}

function gather<T>(groups: Map<string, T[]>, key: string, value: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
