import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../../domain/change-event.ts';
import { createDebeziumReader } from '../../../sources/feeds/debezium.ts';

const lines = readFileSync(join(import.meta.dirname, 'recorded/postgres-with-a-restart.jsonl'), 'utf8')
  .trim()
  .split('\n');
const mapping = {
  id: 'id',
  text: 'title',
  metadata: ['big', 'n', 'l', 'tags'],
  types: { n: { decimal: 3 } },
};

/** The state of each document by its highest version, as the table says at last. */
function stateOf(events: readonly ChangeEvent[]): Record<string, string> {
  const highest = new Map<string, ChangeEvent>();
  let truncatedAt = -1n;
  for (const event of events) {
    if (event.operation === 'truncate') {
      if (event.version > truncatedAt) truncatedAt = event.version;
    } else if (event.version > (highest.get(event.documentId)?.version ?? -1n)) {
      highest.set(event.documentId, event);
    }
  }
  return Object.fromEntries(
    [...highest]
      .filter(([, event]) => event.operation === 'upsert' && event.version > truncatedAt)
      .map(([documentId, event]) => [documentId, event.operation === 'upsert' ? String(event.content) : ''])
      .toSorted(),
  );
}

describe('a recorded feed of Debezium', () => {
  it('ends in the same state in any order, repeated or not', () => {
    const reader = createDebeziumReader(mapping);
    const events = lines.flatMap((line) =>
      reader(line).flatMap((reading) => (reading.kind === 'event' ? [reading.event] : [])),
    );
    const state = { '30': 'm', '40': 'm', '41': 'm' };
    expect(stateOf(events)).toEqual(state);
    const shuffles = fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 });
    fc.assert(
      fc.property(shuffles, (shuffled) => {
        expect(stateOf(shuffled)).toEqual(state);
      }),
    );
  });

  it('gives a repeated event its version again, but for the order that was told the second time only', () => {
    const reader = createDebeziumReader(mapping);
    const versions = new Map<string, Set<bigint>>();
    for (const line of lines) {
      for (const reading of reader(line)) {
        if (reading.kind !== 'event' || reading.event.operation === 'truncate') continue;
        const { documentId, operation, version } = reading.event;
        const place = `${documentId} ${operation} ${JSON.parse(line).value.source.lsn}`;
        versions.set(place, (versions.get(place) ?? new Set()).add(version / 10n ** 10n));
      }
    }
    expect([...versions.values()].every((found) => found.size === 1)).toBe(true);
    expect(versions.size).toBe(15);
  });

  it('reads each value, and ignores the rest by kind', () => {
    const reader = createDebeziumReader(mapping);
    const kinds: Record<string, number> = {};
    for (const line of lines) {
      for (const reading of reader(line)) {
        const kind = reading.kind === 'ignored' ? reading.what : reading.kind;
        kinds[kind] = (kinds[kind] ?? 0) + 1;
      }
    }
    expect(Object.keys(kinds).toSorted()).toEqual([
      'event',
      'heartbeat',
      'message',
      'tombstone',
      'transaction',
    ]);
    expect(reader(lines[0]!)).toMatchObject([
      { event: { metadata: { big: 'hello 1', n: 12.5, l: '9007199254740993', tags: ['a', 'b'] } } },
    ]);
    expect(reader(lines[4]!)).toMatchObject([{ event: { keptMetadata: ['big'] } }]);
  });
});
