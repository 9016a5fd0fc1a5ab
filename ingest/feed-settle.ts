import type { DeadLetterReason, FeedReader, FeedReading } from '../domain/change-event.ts';
import { FeedStopped } from '../domain/errors.ts';
import type { EventOutcome, RawEvent, RecordResult } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ApplyBatch, QueuedReading } from './feed-apply.ts';
import { type DeadLetters, letterIdOf } from './feed-dead-letters.ts';
import type { RequireLife } from './feed-life.ts';
import type { Patience } from './feed-patience.ts';
import type { StormWatch } from './feed-storm.ts';

/** A raw event with what its reader made of it. */
export interface ReadRecord extends RawEvent {
  readonly readings: readonly FeedReading[];
  /** The source's own, else the number of the raw event. */
  readonly position: string;
}

/** A batch, up to where everything is settled. */
export interface SettledBatch {
  readonly results: readonly RecordResult[];
  readonly embedded: number;
  /** Absent where not even the first raw event is settled. */
  readonly last?: ReadRecord;
  /** What ended the batch before its end; the rest of it is not touched, or will come again. */
  readonly failure?: { readonly error: unknown };
}

export interface SettlePorts {
  readonly applyBatch: ApplyBatch;
  /** Absent: none are kept, as in a dry run. */
  readonly deadLetters?: DeadLetters;
  readonly storm: StormWatch;
  readonly patience: Patience;
  readonly telemetry: Telemetry;
}

export interface SettleOptions {
  readonly scope: Scope;
  readonly feed: string;
  readonly format: string;
  /** True where a raw event has a place in its feed, so that the same text elsewhere is another event. */
  readonly hasPlaces: boolean;
  /** Kept with each dead letter, so that it is tried again as the feed was. */
  readonly anyTenant?: boolean;
  /** Asked before a dead letter is kept: what a tenant that was deleted has brought is not. */
  readonly requireLife: RequireLife;
  readonly signal?: AbortSignal;
  /** Told each outcome, in the feed's order. */
  readonly onOutcome?: (outcome: EventOutcome, embedded: number, position: string) => void;
  /** Given now and then, within a long batch, the raw event up to which everything is settled. */
  readonly checkpoint?: (last: ReadRecord) => Promise<void>;
}

/** Work between two checkpoints is done again after a crash. */
const checkpointEveryMs = 2_000;

interface Queued extends QueuedReading {
  readonly record: ReadRecord;
  readonly serial: number;
}

/** Reads one raw event; a reader that fails makes a dead letter of it. */
export function readRecord(reader: FeedReader, event: RawEvent): ReadRecord {
  let readings: readonly FeedReading[];
  try {
    readings = reader(event.text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    readings = [{ kind: 'refused', reason: 'internal', message }];
  }
  if (readings.length === 0) readings = [{ kind: 'ignored', what: 'empty' }];
  return { ...event, readings, position: positionOf(readings) ?? String(event.record) };
}

function positionOf(readings: readonly FeedReading[]): string | undefined {
  const last = readings.at(-1);
  return last?.kind === 'event' ? last.event.position : last?.position;
}

/**
 * Settles a batch: applies its events, and then, strictly in the feed's order, counts them, keeps the dead ones and
 * watches for a storm. What stands behind the first unsettled event is not acknowledged, however far it has come.
 */
export async function settleBatch(
  ports: SettlePorts,
  options: SettleOptions,
  records: readonly ReadRecord[],
): Promise<SettledBatch> {
  const items: Queued[] = records.flatMap((record) =>
    record.readings.map((reading, serial) => ({ reading, record, serial, embedded: 0 })),
  );
  let settled = 0;
  let embedded = 0;
  let failure: { readonly error: unknown } | undefined;
  let checkedAt = performance.now();

  const advance = async (): Promise<void> => {
    while (failure === undefined && items[settled]?.isSettled === true) {
      const item = items[settled]!;
      const isDead = item.outcome!.outcome === 'dead_lettered';
      if (isDead) await keepLetter(ports, options, item);
      settled += 1;
      embedded += item.embedded;
      countOutcome(ports.telemetry, item.outcome!);
      options.onOutcome?.(item.outcome!, item.embedded, item.record.position);
      const reason = item.outcome!.outcome === 'ignored' ? undefined : ports.storm.observe(isDead);
      if (reason !== undefined) failure = { error: stormError(options.feed, item, reason) };
      tellLag(ports.telemetry, options.feed, items, settled);
    }
    if (performance.now() - checkedAt < checkpointEveryMs) return;
    const last = lastSettled(items, settled);
    if (last !== undefined) await options.checkpoint?.(last);
    checkedAt = performance.now();
  };

  // One advance at a time, so that letters and counts keep the order.
  let advancing = Promise.resolve();
  const onSettled = () => {
    advancing = advancing.then(advance).catch((error: unknown) => {
      failure ??= { error };
    });
  };
  tellLag(ports.telemetry, options.feed, items, 0);
  try {
    await ports.applyBatch(items, onSettled, () => failure !== undefined || options.signal?.aborted === true);
  } catch (error) {
    failure ??= { error };
    await advancing;
    return summarize(items, settled, embedded, failure);
  }
  onSettled();
  await advancing;
  return summarize(items, settled, embedded, failure);
}

/** The last raw event of which every reading is settled. */
function lastSettled(items: readonly Queued[], settled: number): ReadRecord | undefined {
  const last = items[settled - 1]?.record;
  if (last === undefined || items[settled]?.record !== last) return last;
  return items.findLast(({ record }, at) => at < settled && record !== last)?.record;
}

function summarize(
  items: readonly Queued[],
  settled: number,
  embedded: number,
  failure: SettledBatch['failure'],
): SettledBatch {
  const outcomes = Map.groupBy(items.slice(0, settled), ({ record }) => record);
  const last = lastSettled(items, settled);
  return {
    results: [...outcomes].map(([{ record }, ofRecord]) => ({
      record,
      events: ofRecord.map(({ outcome }) => outcome!),
    })),
    embedded,
    ...(last !== undefined && { last }),
    ...(failure !== undefined && { failure }),
  };
}

async function keepLetter(ports: SettlePorts, options: SettleOptions, item: Queued): Promise<void> {
  const outcome = item.outcome as Extract<EventOutcome, { outcome: 'dead_lettered' }>;
  const { record } = item;
  const position = item.reading.kind === 'event' ? item.reading.event.position : item.reading.position;
  if (ports.deadLetters === undefined) return;
  const { deadLetters } = ports;
  await ports.patience(async () => {
    await options.requireLife();
    await deadLetters.keep(options.scope, {
      letterId: letterIdOf(
        options.feed,
        options.hasPlaces ? record.record : undefined,
        item.serial,
        record.text,
      ),
      feed: options.feed,
      format: options.format,
      reason: outcome.reason,
      message: outcome.message,
      position: position ?? String(record.record),
      ...(outcome.documentId !== undefined && { documentId: outcome.documentId }),
      failedAt: new Date().toISOString(),
      raw: record.text,
      ...(options.anyTenant === true && { anyTenant: true, ...ownerOf(item.reading, options.scope) }),
    });
  });
}

function ownerOf(reading: FeedReading, scope: Scope): { readonly tenantId?: string } {
  const tenantId = reading.kind === 'event' ? reading.event.tenantId : undefined;
  return tenantId === undefined || tenantId === scope.tenantId ? {} : { tenantId };
}

function stormError(feed: string, { record }: Queued, reason: string): FeedStopped {
  return new FeedStopped(
    'storm',
    `Stopped feed ${JSON.stringify(feed)} at position ${JSON.stringify(record.position)}: ${reason}; mend what is wrong (see dead-letters list), then run it again`,
  );
}

function countOutcome(telemetry: Telemetry, outcome: EventOutcome): void {
  if (outcome.outcome !== 'ignored') telemetry.count('feed_accepted');
  const reason: { reason?: DeadLetterReason } =
    outcome.outcome === 'dead_lettered' ? { reason: outcome.reason } : {};
  telemetry.count('feed_events', 1, { outcome: outcome.outcome, ...reason });
}

/** What has been read and is not acknowledged, and for how long its oldest event has waited. */
function tellLag(telemetry: Telemetry, feed: string, items: readonly Queued[], settled: number): void {
  telemetry.gauge?.('feed_lag_events', items.length - settled, { feed });
  const oldest = items[settled]?.reading;
  const occurredAt = oldest?.kind === 'event' ? oldest.event.occurredAt : undefined;
  const isDone = settled === items.length;
  if (isDone) telemetry.gauge?.('feed_lag_seconds', 0, { feed });
  else if (occurredAt !== undefined) {
    telemetry.gauge?.('feed_lag_seconds', Math.max(0, (Date.now() - Date.parse(occurredAt)) / 1000), {
      feed,
    });
  }
}
