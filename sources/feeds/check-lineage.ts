import type { FeedMapping } from './mapping.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/**
 * Makes the check that positions of one log only are compared. A log that the mapping lists starts an epoch of its own;
 * without a list the first log that is seen is the feed's. Any other is refused, which stops the feed.
 *
 * @returns the epoch of an event's log; events that do not tell theirs are of the mapping's epoch
 */
export function createLineageCheck(mapping: FeedMapping): (lineage: string | undefined) => number {
  const { epoch, lineages } = mapping;
  let first: string | undefined;
  return (lineage) => {
    if (lineages !== undefined) {
      // Reads of a snapshot may name no log: they are of the newest.
      const at = lineage === undefined ? lineages.length - 1 : lineages.indexOf(lineage);
      if (at >= 0) return epoch + at;
      throw changed(lineage!, lineages.join(', '));
    }
    if (lineage === undefined) return epoch;
    first ??= lineage;
    if (first === lineage) return epoch;
    throw changed(lineage, first);
  };
}

function changed(lineage: string, known: string): UnreadableEvent {
  return new UnreadableEvent(
    'invalid_event',
    `Cannot compare positions: the event is of the log ${JSON.stringify(lineage)}, expected ${known}; list both logs under lineages in the mapping, oldest first, to go on`,
  );
}
