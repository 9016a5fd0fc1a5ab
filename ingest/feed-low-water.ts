import type { ChangeEvent } from '../domain/change-event.ts';
import type { EventOutcome, RecordResult } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateStore } from '../search-engine/state-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { DeadLetters } from './feed-dead-letters.ts';
import { lettersOfFeed } from './feed-dead-letters.ts';
import { sourceKey } from './feed-keys.ts';
import type { Patience } from './feed-patience.ts';
import type { ReadRecord } from './feed-settle.ts';
import { changeWatermark, readWatermark } from './feed-watermarks.ts';

/**
 * Proves how far a feed that delivers its sources whole and in the order of their versions has come: below the highest
 * version that is acknowledged, repeats aside, there is nothing that has not been seen. At that version there may be:
 * the rows of a snapshot share one, and so do both halves of a changed key.
 */
export interface LowWater {
  /** Takes what became of a batch, up to its last acknowledged raw event, after the feed's position is stored. */
  advance(batch: readonly ReadRecord[], results: readonly RecordResult[]): Promise<void>;
}

export interface LowWaterOptions {
  readonly scope: Scope;
  readonly scopeOf?: (tenantId: string) => Scope;
  readonly feed: string;
}

interface SourceMark {
  readonly scope: Scope;
  readonly source: string;
  /** What is stored is proven up to it; −1 where nothing is. */
  held: bigint;
  /** Proven below it. */
  reached: bigint;
  isDisproved: boolean;
  /** As stored. */
  told: string | undefined;
}

/** Stored of a feed that has proven nothing yet: without it another feed of the source would speak for this one too. */
const unproven = '-2';
/** Stored of a feed that turned out not to be in order, for good. */
const disproved = '-1';

/**
 * A dead letter holds the marks where they are, since its event may still be replayed. A change below what has come
 * before, that was not seen before, disproves the order, and the feed proves nothing from then on.
 */
export function createLowWater(
  ports: {
    readonly state: StateStore;
    readonly deadLetters: DeadLetters;
    readonly log: Log;
    readonly patience: Patience;
  },
  { scope, scopeOf, feed }: LowWaterOptions,
): LowWater {
  const { state, deadLetters, log, patience } = ports;
  const marks = new Map<string, SourceMark>();
  let isHeld: boolean | undefined;

  const markOf = async (event: ChangeEvent): Promise<SourceMark> => {
    const isOwn = event.tenantId === undefined || event.tenantId === scope.tenantId;
    const owner = isOwn || scopeOf === undefined ? scope : scopeOf(event.tenantId!);
    const key = sourceKey(owner, event.source);
    const known = marks.get(key);
    if (known !== undefined) return known;
    const { feeds } = await patience(() => readWatermark(state, owner, event.source));
    const stored = feeds?.[feed];
    const held = stored === undefined || stored === disproved || stored === unproven ? -1n : BigInt(stored);
    const mark = {
      scope: owner,
      source: event.source,
      held,
      reached: held + 1n,
      isDisproved: stored === disproved,
      told: stored,
    };
    marks.set(key, mark);
    return mark;
  };

  /** Takes in one raw event: its highest version is its place, since what it stands for may hold others below. */
  const observe = async (readings: ReadRecord['readings'], outcomes: readonly EventOutcome[]) => {
    const places = new Map<SourceMark, { highest: bigint; isChange: boolean }>();
    for (const [at, { outcome }] of outcomes.entries()) {
      if (outcome === 'dead_lettered') isHeld = true;
      const reading = readings[at];
      if (reading?.kind !== 'event') continue;
      const mark = await markOf(reading.event);
      const { highest = -1n, isChange = false } = places.get(mark) ?? {};
      const { version } = reading.event;
      places.set(mark, {
        highest: version > highest ? version : highest,
        isChange: isChange || outcome === 'indexed',
      });
    }
    for (const [mark, { highest, isChange }] of places) {
      if (highest > mark.reached) mark.reached = highest;
      if (!isChange || highest >= mark.reached || mark.isDisproved) continue;
      mark.isDisproved = true;
      log.warn(
        { feed, source: mark.source, version: highest.toString(), after: mark.reached.toString() },
        'feed is not in the order of versions: its deletions cannot be pruned',
      );
    }
  };

  return {
    // Each event is taken in once: only what is read and written may be tried again.
    async advance(batch, results) {
      isHeld ??= (await patience(() => lettersOfFeed(deadLetters, scope, feed))) > 0;
      const outcomes = new Map(results.map(({ record, events }) => [record, events]));
      for (const { record, readings } of batch) {
        const settled = outcomes.get(record) ?? [];
        // What a raw event holds behind a failure may stand below what it holds before it.
        if (settled.length === readings.length) await observe(readings, settled);
      }
      for (const mark of marks.values()) {
        const proven = isHeld ? mark.held : mark.reached - 1n;
        const next = mark.isDisproved ? disproved : proven < 0n ? unproven : proven.toString();
        if (next === mark.told) continue;
        await patience(() =>
          changeWatermark(state, mark.scope, mark.source, (held) => ({
            ...held,
            feeds: { ...held.feeds, [feed]: next },
          })),
        );
        mark.held = proven;
        mark.told = next;
      }
    },
  };
}
