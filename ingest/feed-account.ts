import type { DeadLetterReason } from '../domain/change-event.ts';
import type { EventOutcome, FeedProgress, FeedReport } from '../domain/feed.ts';
import type { ReadRecord } from './feed-settle.ts';

/** Kinds of ignored events are the feed's own words, so that there may be any number of them. */
const maxKinds = 100;
const maxKindCharacters = 100;
const otherKinds = 'other';

/** Counts what became of the events of one run. */
export class RunAccount {
  readonly #startedAt = performance.now();
  readonly #counts = { indexed: 0, stale: 0, dead_lettered: 0, ignored: 0 };
  readonly #ignoredByKind = new Map<string, number>();
  readonly #deadLettersByReason: Partial<Record<DeadLetterReason, number>> = {};
  #embedded = 0;
  #record = 0;
  #resumedAfter = 0;
  #position: string | null = null;

  resume(record: number, position: string): void {
    this.#resumedAfter = record;
    this.#record = record;
    this.#position = position;
  }

  reach({ record, position }: ReadRecord): void {
    this.#record = record;
    this.#position = position;
  }

  count(event: EventOutcome, embedded: number): void {
    this.#embedded += embedded;
    this.#counts[event.outcome] += 1;
    if (event.outcome === 'ignored') {
      const kind = event.kind.slice(0, maxKindCharacters);
      const isShown = this.#ignoredByKind.has(kind) || this.#ignoredByKind.size < maxKinds;
      const shown = isShown ? kind : otherKinds;
      this.#ignoredByKind.set(shown, (this.#ignoredByKind.get(shown) ?? 0) + 1);
    } else if (event.outcome === 'dead_lettered') {
      this.#deadLettersByReason[event.reason] = (this.#deadLettersByReason[event.reason] ?? 0) + 1;
    }
  }

  progress(): FeedProgress {
    const { indexed, stale, dead_lettered: deadLettered, ignored } = this.#counts;
    return {
      accepted: indexed + stale + deadLettered,
      indexed,
      stale,
      deadLettered,
      ignored,
      embedded: this.#embedded,
      record: this.#record,
      position: this.#position,
    };
  }

  report(): FeedReport {
    const { record: _, ...account } = this.progress();
    return {
      ...account,
      seconds: (performance.now() - this.#startedAt) / 1000,
      resumedAfter: this.#resumedAfter,
      ignoredByKind: Object.fromEntries(this.#ignoredByKind),
      deadLettersByReason: { ...this.#deadLettersByReason },
    };
  }
}
