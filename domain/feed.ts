import type { DeadLetterReason, FeedReader } from './change-event.ts';

/** One raw event, as a file, a stream or a request delivers it. */
export interface RawEvent {
  readonly text: string;
  /** From 1, in the feed's order; blank lines count where there are lines. */
  readonly record: number;
}

/** A feed of change events to bring into the index. */
export interface FeedRequest {
  /** Names the feed: its position is stored under it and the next run goes on there. Absent: no position is kept. */
  readonly name?: string;
  /** Name of the events' format, kept with dead letters. */
  readonly format: string;
  readonly reader: FeedReader;
  /** Delivers the feed from its beginning, each time that it is called. */
  open(signal?: AbortSignal): AsyncIterable<RawEvent>;
  /** `open` delivers it once only, as a pipe does. @default false */
  readonly isReadOnce?: boolean;
  /** Events go to the tenant that they name. @default false: those of other tenants are dead-lettered */
  readonly anyTenant?: boolean;
  /** Start after the event at this position, wherever the stored one is. */
  readonly from?: string;
  /** End with the event at this position. */
  readonly until?: string;
  /** Start at the beginning, wherever the stored position is. @default false */
  readonly fromStart?: boolean;
  /** Change nothing, tell what would happen. @default false */
  readonly dryRun?: boolean;
  /** Events a second, at most. @default as fast as it goes */
  readonly eventsPerSecond?: number;
  /** @default false */
  readonly allowMassDelete?: boolean;
  /**
   * The feed delivers every change of its sources, in the order of their versions, repeats aside. Its progress then
   * proves which deletions may be forgotten. Needs a name, and not `from`. @default false
   */
  readonly ordered?: boolean;
  readonly onProgress?: (progress: FeedProgress) => void;
  /** Told each event that cannot be applied, in the feed's order; a dry run keeps it nowhere else. */
  readonly onDeadLetter?: (letter: Pick<DeadLetter, 'position' | 'reason' | 'message'>) => void;
  readonly signal?: AbortSignal;
}

/** A stream of events whose sender waits for the outcome of each. */
export interface TakenFeed extends Pick<FeedRequest, 'format' | 'reader' | 'anyTenant' | 'allowMassDelete'> {
  readonly name: string;
  readonly events: AsyncIterable<RawEvent>;
  readonly signal?: AbortSignal;
}

/** Events by what became of them; accepted = indexed + stale + deadLettered. */
export interface FeedAccount {
  readonly accepted: number;
  /** Changed what is stored: a document, a part of one, a tombstone, a parked patch, a watermark. */
  readonly indexed: number;
  /** Older than what is stored, the same again, or merged away by a newer one that was queued beside it. */
  readonly stale: number;
  readonly deadLettered: number;
  /** Raw events that are about no document; not part of `accepted`. */
  readonly ignored: number;
  /** Texts that a model embedded. */
  readonly embedded: number;
}

/** The end of one run of a feed. */
export interface FeedReport extends FeedAccount {
  /** Of the last event with everything up to it acknowledged; null where there was none. */
  readonly position: string | null;
  readonly seconds: number;
  /** Raw events that an earlier run had acknowledged, and that were passed over. */
  readonly resumedAfter: number;
  readonly ignoredByKind: Readonly<Record<string, number>>;
  readonly deadLettersByReason: Readonly<Partial<Record<DeadLetterReason, number>>>;
}

export interface FeedProgress extends FeedAccount {
  /** Raw events read up to now, passed over ones included. */
  readonly record: number;
  readonly position: string | null;
  /** Why the feed waits at present: the engine or a model is away. */
  readonly waitsFor?: string;
}

/** What became of one event. */
export type EventOutcome =
  | {
      readonly outcome: 'indexed' | 'stale';
      readonly documentId?: string;
      readonly version: string;
    }
  | { readonly outcome: 'ignored'; readonly kind: string }
  | {
      readonly outcome: 'dead_lettered';
      readonly documentId?: string;
      readonly reason: DeadLetterReason;
      readonly message: string;
    };

/** What became of one raw event: of each event that it held, in order. */
export interface RecordResult {
  readonly record: number;
  readonly events: readonly EventOutcome[];
}

/** A full listing of a source, as upserts. */
export interface ResyncRequest
  extends Pick<FeedRequest, 'reader' | 'open' | 'allowMassDelete' | 'dryRun' | 'signal'> {
  readonly source: string;
}

/** What a listing and the index had to say to each other; listed = equal + newer + repaired + conflicting. */
export interface ResyncReport {
  readonly listed: number;
  readonly equal: number;
  /** Stored at a higher version than listed, and left. */
  readonly newer: number;
  /** Written, or to be written in a dry run. */
  readonly repaired: number;
  /** Another state at the same version, which stays. */
  readonly conflicting: number;
  /** Not listed any more. */
  readonly deleted: number;
  readonly embedded: number;
  readonly seconds: number;
}

/** Forgets deletions that nothing can undo any more. */
export interface PruneRequest {
  readonly source: string;
  /** Only of deletions that were applied so long ago; 60 s at least. @default 3600 */
  readonly olderThanSeconds?: number;
  /** @default false */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (state: string) => void;
}

export interface PruneReport {
  readonly source: string;
  /** Tombstones that there were. */
  readonly tombstones: number;
  /** Of them forgotten, or to be forgotten in a dry run. */
  readonly pruned: number;
  /** The version up to which every event of the source has been seen; null where no feed proves it. */
  readonly lowWater: string | null;
  /** The feed that has come least far of those that prove it. */
  readonly heldBy?: string;
  readonly seconds: number;
}

/** One page of dead letters, by feed and place in it. */
export interface DeadLetterPage {
  readonly letters: readonly ListedDeadLetter[];
  /** Id after which to go on; absent on the last page. */
  readonly next?: string;
}

/** A dead letter without its event, which may be large. */
export type ListedDeadLetter = Omit<DeadLetter, 'raw'>;

/** An event that could not be applied, kept whole. */
export interface DeadLetter {
  readonly letterId: string;
  readonly feed: string;
  readonly format: string;
  readonly reason: DeadLetterReason;
  readonly message: string;
  /** In the source's own words, else the number of the raw event. */
  readonly position: string;
  readonly documentId?: string;
  /** ISO 8601, UTC, of the last try. */
  readonly failedAt: string;
  /** The raw event as it came. */
  readonly raw: string;
  /** Its feed took events of every tenant. @default false */
  readonly anyTenant?: boolean;
  /** Whose the event is, where it is another tenant than that of such a feed: the letter goes with it. */
  readonly tenantId?: string;
}
