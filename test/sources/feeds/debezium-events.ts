import type { ChangeEvent, FeedReader } from '../../../domain/change-event.ts';

/** A change of a Postgres table as Debezium 3.3 writes it, without the schema part. */
export function postgresChange(
  operation: string,
  rows: { readonly before?: object | null; readonly after?: object | null },
  place: {
    readonly lsn: number | string;
    readonly lastCommit?: number | null;
    readonly order?: number;
    readonly snapshot?: string;
  },
): string {
  const { lsn, lastCommit = null, order, snapshot = 'false' } = place;
  const sequence = JSON.stringify([lastCommit === null ? null : String(lastCommit), String(lsn)]);
  const transaction =
    order === undefined ? null : { id: `7:${lsn}`, total_order: order, data_collection_order: order };
  const text = JSON.stringify({
    before: rows.before ?? null,
    after: rows.after ?? null,
    source: {
      version: '3.3.1.Final',
      connector: 'postgresql',
      name: 'shop',
      ts_ms: 1_795_409_106_014,
      snapshot,
      db: 'postgres',
      sequence,
      schema: 'public',
      table: 'articles',
      txId: 7,
      lsn: 'LSN',
      xmin: null,
    },
    transaction,
    op: operation,
    ts_ms: 1_795_409_106_360,
  });
  return text.replace('"LSN"', String(lsn));
}

/** The one event that a raw event is read as. @throws where it is anything else */
export function eventOf(reader: FeedReader, raw: string): ChangeEvent {
  const events = eventsOf(reader, raw);
  if (events.length !== 1) throw new Error(`Expected one event, got ${events.length}`);
  return events[0]!;
}

/** @throws where a part of the raw event is refused or ignored */
export function eventsOf(reader: FeedReader, raw: string): ChangeEvent[] {
  return reader(raw).map((reading) => {
    if (reading.kind === 'event') return reading.event;
    throw new Error(`Expected an event, got ${JSON.stringify(reading)}`);
  });
}
