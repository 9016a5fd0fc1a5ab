import { FeedStopped } from '../domain/errors.ts';
import type { ReadRecord } from './feed-settle.ts';

/**
 * The part of a feed after the event at `from` and up to that at `until`. Positions are
 * compared as they are written (an event without one has the number of its raw event), and the first that fits counts.
 * @throws {FeedStopped} at the end of a feed that has no event at `from`
 */
export async function* between(
  records: AsyncIterable<ReadRecord>,
  { from, until }: { readonly from?: string; readonly until?: string },
): AsyncGenerator<ReadRecord> {
  let hasBegun = from === undefined;
  for await (const record of records) {
    if (hasBegun) yield record;
    else hasBegun = isAt(record, from!);
    if (until !== undefined && hasBegun && isAt(record, until)) return;
  }
  if (!hasBegun) {
    throw new FeedStopped(
      'unknown_position',
      `Cannot start after position ${JSON.stringify(from)}: no event of the feed has it`,
    );
  }
}

function isAt(record: ReadRecord, position: string): boolean {
  return record.position === position;
}

/** Lets records through at most so fast; without a rate as they come. */
export async function* atMost(
  records: AsyncIterable<ReadRecord>,
  perSecond: number | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ReadRecord> {
  if (perSecond === undefined) {
    yield* records;
    return;
  }
  const startedAt = performance.now();
  let count = 0;
  for await (const record of records) {
    const dueAt = startedAt + (count / perSecond) * 1000;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await pause(waitMs, signal);
    if (signal?.aborted) return;
    count += 1;
    yield record;
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}
