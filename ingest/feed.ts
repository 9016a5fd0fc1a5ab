import type { DeadLetterReason, FeedReader, FeedReaderMaker } from '../domain/change-event.ts';
import { FeedStopped, InvalidInput } from '../domain/errors.ts';
import type {
  DeadLetter,
  FeedReport,
  FeedRequest,
  PruneReport,
  PruneRequest,
  RawEvent,
  RecordResult,
  ResyncReport,
  ResyncRequest,
  TakenFeed,
} from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { DocumentStore } from '../search-engine/document-store.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { RunAccount } from './feed-account.ts';
import { createApplyBatch } from './feed-apply.ts';
import { batchesOf } from './feed-batches.ts';
import { createDeadLetters, type DeadLetters } from './feed-dead-letters.ts';
import { createDryIngest, createDryWatermarks, type DryTexts, overlayDryRecords } from './feed-dry-run.ts';
import { holdToLife, type RequireLife } from './feed-life.ts';
import { createLowWater } from './feed-low-water.ts';
import { createLoadObject, type FeedObjects } from './feed-object.ts';
import { createPatience, type Patience } from './feed-patience.ts';
import { afterPosition, readPosition, storePosition } from './feed-position.ts';
import { prune } from './feed-prune.ts';
import { resync } from './feed-resync.ts';
import {
  type ReadRecord,
  readRecord,
  type SettledBatch,
  type SettleOptions,
  settleBatch,
} from './feed-settle.ts';
import { createStormWatch, type StormLimits, type StormWatch } from './feed-storm.ts';
import { createWatermarks } from './feed-watermarks.ts';
import { atMost, between } from './feed-window.ts';
import type { Ingest } from './ingest.ts';

export interface FeedPorts {
  readonly ingest: Ingest;
  readonly documents: DocumentStore;
  readonly state: StateStore;
  readonly telemetry: Telemetry;
  /** By the name of the format. */
  readonly readers: Readonly<Record<string, FeedReaderMaker>>;
  /** A feed sees each document of its tenant, whoever may read it. */
  readonly operatorOf: (tenantId: string) => Scope;
  /** Names the life of a tenant, which a deletion ends. @throws {TenantDeleting} @default tenants are not deleted */
  readonly lifeOf?: (tenantId: string) => Promise<string>;
  /** Where a dry run keeps what it would have written. @default in memory */
  readonly openScratch?: () => DryTexts & { close(): void };
  /** Where events name objects instead of carrying them. @default no bucket can be read */
  readonly objects?: FeedObjects;
}

export interface FeedSettings {
  /** Documents in work at once. */
  readonly concurrency: number;
  /** Events that are merged, applied and acknowledged together. */
  readonly batchEvents: number;
  readonly storm: StormLimits;
  /** Of an object that is loaded. @default 52428800 */
  readonly maxDocumentBytes?: number;
  /** By format, for readers that are asked for without one. @default none */
  readonly mappings?: Readonly<Record<string, unknown>>;
}

export interface Feeds {
  /**
   * Brings a feed into the index, from where an earlier run ended. While the engine or a model is away it waits.
   * @throws {FeedStopped} in a storm of dead letters, before a mass deletion, or where `from` is nowhere in the feed
   * @throws {TenantDeleting} where a tenant that it writes to is deleted meanwhile
   * @throws {InvalidInput} for `ordered` with `from`
   */
  run(scope: Scope, request: FeedRequest): Promise<FeedReport>;
  /**
   * Applies events as they come and yields one result each, in order, when it is stored. Reads no faster than it applies.
   * @throws {FeedStopped} {EngineUnavailable} {ModelUnavailable} {TenantDeleting} what was yielded before is stored
   */
  take(scope: Scope, feed: TakenFeed): AsyncIterable<RecordResult>;
  /** Tries a dead letter again; it is dropped when it can be applied, or says so, and kept with the new reason otherwise. */
  retry(scope: Scope, letter: DeadLetter, reader: FeedReader): Promise<RecordResult>;
  readonly deadLetters: DeadLetters;
  /** @throws {InvalidInput} {FeedStopped} */
  resync(scope: Scope, request: ResyncRequest): Promise<ResyncReport>;
  /** Forgets deletions of a source that no late event can undo. */
  prune(scope: Scope, request: PruneRequest): Promise<PruneReport>;
  /** @throws {InvalidInput} for an unknown format, and for a mapping that cannot be or is missing */
  readerOf(format: string, mapping?: unknown): FeedReader;
}

/** UTF-16 code units of one batch. */
const batchCharacters = 8 * 1024 * 1024;
const lingerMs = 25;
/** A feed that a storm has stopped is taken from again after this long. */
const stoppedMs = 60_000;
const maxWatches = 10_000;
const defaultDocumentBytes = 50 * 1024 * 1024;
/** A sender that waits is told after about half a minute that the engine is away. */
const takenAttempts = 9;

export function createFeeds(ports: FeedPorts, settings: FeedSettings): Feeds {
  const deadLetters = createDeadLetters(ports.state);
  const run: Run = { ...ports, settings, deadLetters, watches: new Map() };
  const own = ({ tenantId }: Scope) => ports.operatorOf(tenantId);
  return {
    deadLetters,
    run: (scope, request) => runFeed(run, own(scope), request),
    take: (scope, feed) => takeFeed(run, own(scope), feed),
    resync: (scope, request) => resync(ports, own(scope), request),
    prune: (scope, request) => prune(ports, own(scope), request),
    retry: (scope, letter, reader) => retryLetter(run, own(scope), letter, reader),
    readerOf(format, mapping) {
      const make = Object.hasOwn(ports.readers, format) ? ports.readers[format] : undefined;
      if (make !== undefined) return make(mapping ?? settings.mappings?.[format]);
      const known = Object.keys(ports.readers).join(', ');
      throw new InvalidInput('format', `Unknown format ${JSON.stringify(format)}, expected one of ${known}`);
    },
  };
}

/** The storm watch of each feed that comes in requests, since a sink may send one event a request. */
interface TakenWatch {
  readonly storm: StormWatch;
  readonly stopped?: { readonly error: FeedStopped; readonly until: number };
}

interface Run extends FeedPorts {
  readonly watches: Map<string, TakenWatch>;

  readonly settings: FeedSettings;
  readonly deadLetters: DeadLetters;
}

async function runFeed(run: Run, scope: Scope, request: FeedRequest): Promise<FeedReport> {
  const { name, dryRun = false, from, until, signal, onProgress, onDeadLetter } = request;
  const { telemetry, state, settings } = run;
  if (request.ordered === true && from !== undefined) {
    throw new InvalidInput('ordered', 'Expected either ordered or from: what is left out has not been seen');
  }
  const account = new RunAccount();
  const tell = (waitsFor?: string) =>
    onProgress?.({ ...account.progress(), ...(waitsFor !== undefined && { waitsFor }) });
  const patience = createPatience({ telemetry, onWait: tell, ...(signal && { signal }) });
  const lowWater =
    request.ordered === true && name !== undefined && !dryRun
      ? createLowWater(
          { state, deadLetters: run.deadLetters, log: telemetry.log, patience },
          { scope, feed: name, ...(request.anyTenant === true && { scopeOf: run.operatorOf }) },
        )
      : undefined;
  const scratch = dryRun
    ? (run.openScratch?.() ?? Object.assign(new Map<string, string>(), { close() {} }))
    : undefined;
  const isResumed = name !== undefined && from === undefined && request.fromStart !== true && !dryRun;
  try {
    const requireLife = await patience(() => holdToLife(run.lifeOf, scope.tenantId));
    const stored = isResumed ? await patience(() => readPosition(state, scope, name)) : undefined;
    const raw = afterPosition(
      () => request.open(signal),
      stored,
      (record) => account.resume(record, stored!.position),
      request.isReadOnce,
    );
    const wanted = between(readAll(request.reader, raw), {
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
    });
    const paced = atMost(wanted, request.eventsPerSecond, signal);
    const store = async (last: ReadRecord) => {
      if (dryRun) return;
      await patience(requireLife);
      if (name !== undefined) await patience(() => storePosition(state, scope, name, last, last.position));
    };
    const settle = settlerOf(run, scope, {
      ...request,
      ...(scratch && { scratch }),
      patience,
      requireLife,
      checkpoint: store,
      onOutcome(outcome, embedded, position) {
        account.count(outcome, embedded);
        if (outcome.outcome === 'dead_lettered') onDeadLetter?.({ position, ...outcome });
        tell();
      },
    });
    const batches = batchesOf(paced, {
      maxEvents: Math.min(settings.batchEvents, Math.ceil(request.eventsPerSecond ?? settings.batchEvents)),
      maxCharacters: batchCharacters,
      lingerMs,
    });
    for await (const batch of batches) {
      const settled = await settle(batch);
      if (settled.last !== undefined) {
        account.reach(settled.last);
        await store(settled.last);
        await lowWater?.advance(batch, settled.results);
      }
      tell();
      if (signal?.aborted) break;
      if (settled.failure !== undefined) throw settled.failure.error;
    }
  } catch (error) {
    if (error instanceof FeedStopped) throw new FeedStopped(error.reason, error.message, account.report());
    // An interrupted wait is the end that the caller asked for.
    if (signal?.aborted !== true) throw error;
  } finally {
    scratch?.close();
  }
  return account.report();
}

async function* takeFeed(run: Run, scope: Scope, feed: TakenFeed): AsyncGenerator<RecordResult> {
  const { telemetry } = run;
  const { signal } = feed;
  const patience = createPatience({ telemetry, maxAttempts: takenAttempts, ...(signal && { signal }) });
  const key = `${scope.tenantId}\0${feed.name}`;
  const { stopped } = run.watches.get(key) ?? {};
  if (stopped !== undefined && performance.now() < stopped.until) throw stopped.error;
  const watch = stopped === undefined ? run.watches.get(key) : undefined;
  const storm = watch?.storm ?? createStormWatch(run.settings.storm);
  rememberWatch(run.watches, key, { storm });
  const requireLife = await patience(() => holdToLife(run.lifeOf, scope.tenantId));
  const settle = settlerOf(run, scope, { ...feed, patience, requireLife, storm });
  const { batchEvents } = run.settings;
  const limits = { maxEvents: batchEvents, maxCharacters: batchCharacters, lingerMs };
  for await (const batch of batchesOf(readAll(feed.reader, feed.events), limits)) {
    const { results, failure } = await settle(batch);
    if (failure?.error instanceof FeedStopped && failure.error.reason === 'storm') {
      // Before the results: who has read enough of them does not come back for the rest.
      const until = performance.now() + stoppedMs;
      rememberWatch(run.watches, key, { storm, stopped: { error: failure.error, until } });
    }
    yield* results;
    signal?.throwIfAborted();
    if (failure !== undefined) throw failure.error;
  }
}

/** Of so many feeds those that came last. */
function rememberWatch(watches: Run['watches'], key: string, watch: TakenWatch): void {
  watches.delete(key);
  if (watches.size >= maxWatches) watches.delete(watches.keys().next().value!);
  watches.set(key, watch);
}

async function retryLetter(
  run: Run,
  scope: Scope,
  letter: DeadLetter,
  reader: FeedReader,
): Promise<RecordResult> {
  let lastReason: { readonly reason: DeadLetterReason; readonly message: string } | undefined;
  const patience = createPatience({ telemetry: run.telemetry, maxAttempts: takenAttempts });
  const { settings, deadLetters } = run;
  // One letter is no storm, and it stands under its own id already: only why it failed may have changed.
  const once: Run = {
    ...run,
    settings: { ...settings, storm: { consecutive: Infinity, windowPercentage: Infinity, total: Infinity } },
    deadLetters: {
      ...deadLetters,
      async keep(_scope, { reason, message }) {
        lastReason = { reason, message };
      },
    },
  };
  const { feed: name, format, anyTenant = false } = letter;
  const requireLife = await patience(() => holdToLife(run.lifeOf, scope.tenantId));
  const options = { name, format, anyTenant, reader, patience, requireLife };
  const settle = settlerOf(once, scope, options);
  const { results, failure } = await settle([readRecord(reader, { text: letter.raw, record: 1 })]);
  if (failure !== undefined) throw failure.error;
  await requireLife();
  if (lastReason === undefined) await deadLetters.drop(scope, letter.letterId);
  else await deadLetters.keep(scope, { ...letter, ...lastReason, failedAt: new Date().toISOString() });
  return results[0]!;
}

type SettlerOptions = Pick<
  FeedRequest,
  'name' | 'format' | 'reader' | 'anyTenant' | 'allowMassDelete' | 'signal'
> & {
  readonly patience: Patience;
  readonly requireLife: RequireLife;
  /** Of a dry run, which writes nowhere else. */
  readonly scratch?: DryTexts;
  readonly open?: unknown;
  /** @default a new one */
  readonly storm?: StormWatch;
} & Pick<SettleOptions, 'onOutcome' | 'checkpoint'>;

/** One storm watch a feed, whatever batches it comes in. */
function settlerOf(
  run: Run,
  scope: Scope,
  options: SettlerOptions,
): (batch: readonly ReadRecord[]) => Promise<SettledBatch> {
  const { patience, scratch, signal } = options;
  const { state, telemetry, settings, deadLetters } = run;
  const dryRun = scratch !== undefined;
  const documents = dryRun ? overlayDryRecords(run.documents, scratch) : run.documents;
  const ingest = dryRun ? createDryIngest(documents, scratch) : run.ingest;
  const watermarks = dryRun ? createDryWatermarks(state) : createWatermarks({ ingest, documents, state });
  const applyBatch = createApplyBatch(
    {
      ingest,
      documents,
      watermarks,
      telemetry,
      loadObject: dryRun
        ? async () => ({ content: new Uint8Array() })
        : createLoadObject(run.objects, settings.maxDocumentBytes ?? defaultDocumentBytes),
    },
    {
      scope,
      ...(options.anyTenant === true && { scopeOf: run.operatorOf }),
      concurrency: settings.concurrency,
      allowMassDelete: options.allowMassDelete === true,
      patience,
    },
  );
  const storm = options.storm ?? createStormWatch(settings.storm);
  const settlePorts = { applyBatch, storm, patience, telemetry, ...(!dryRun && { deadLetters }) };
  const settleOptions = {
    scope,
    feed: options.name ?? options.format,
    format: options.format,
    hasPlaces: options.open !== undefined,
    anyTenant: options.anyTenant === true,
    requireLife: options.requireLife,
    ...(options.onOutcome && { onOutcome: options.onOutcome }),
    ...(options.checkpoint && { checkpoint: options.checkpoint }),
    ...(signal && { signal }),
  };
  return (batch) => settleBatch(settlePorts, settleOptions, batch);
}

async function* readAll(reader: FeedReader, events: AsyncIterable<RawEvent>): AsyncGenerator<ReadRecord> {
  for await (const event of events) yield readRecord(reader, event);
}
