import { createHash } from 'node:crypto';
import { FeedStopped } from '../domain/errors.ts';
import type { RawEvent } from '../domain/feed.ts';
import type { Scope } from '../domain/scope.ts';
import type { StateStore } from '../search-engine/state-store.ts';

/** How far a feed has come: everything up to this raw event is indexed, stale or a dead letter. */
export interface FeedPosition {
  readonly record: number;
  /** Of the raw event, SHA-256, hex: tells whether a feed is still the one that was read. */
  readonly digest: string;
  /** In the source's own words. */
  readonly position: string;
  /** ISO 8601, UTC. */
  readonly storedAt: string;
}

const collection = 'feed_positions';

export async function readPosition(
  state: StateStore,
  scope: Scope,
  feed: string,
): Promise<FeedPosition | undefined> {
  return (await state.get(scope, collection, feed))?.value as FeedPosition | undefined;
}

export async function storePosition(
  state: StateStore,
  scope: Scope,
  feed: string,
  last: RawEvent,
  position: string,
): Promise<void> {
  const stored: FeedPosition = {
    record: last.record,
    digest: digestOf(last),
    position,
    storedAt: new Date().toISOString(),
  };
  await state.put(scope, collection, feed, stored);
}

/**
 * Passes over what is acknowledged. A feed that no longer has the stored event at its place is another feed, or one that
 * starts anew, and is read whole: versions make that harmless.
 * @throws {FeedStopped} where that feed can be read once only, so that what was passed over would be lost
 */
export async function* afterPosition(
  open: () => AsyncIterable<RawEvent>,
  stored: FeedPosition | undefined,
  onResumed: (record: number) => void,
  isReadOnce = false,
): AsyncGenerator<RawEvent> {
  if (stored !== undefined) {
    let isSame = false;
    for await (const event of open()) {
      if (event.record < stored.record) continue;
      if (isSame) {
        yield event;
        continue;
      }
      isSame = event.record === stored.record && digestOf(event) === stored.digest;
      if (!isSame) break;
      onResumed(stored.record);
    }
    if (isSame) return;
    if (isReadOnce) {
      throw new FeedStopped(
        'unknown_position',
        `Cannot go on after event ${stored.record}, where an earlier run ended: the input has another event or none there and cannot be read again; nothing of it was applied, run it with --from-start`,
      );
    }
  }
  yield* open();
}

function digestOf({ text }: RawEvent): string {
  return createHash('sha256').update(text).digest('hex');
}
