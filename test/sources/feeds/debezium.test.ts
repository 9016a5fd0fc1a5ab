import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDebeziumReader } from '../../../sources/feeds/debezium.ts';
import { eventOf, eventsOf, postgresChange } from './debezium-events.ts';

const mapping = { id: 'id', text: 'body', metadata: ['title', 'views'] };
const reader = createDebeziumReader(mapping);
const row = { id: 7, body: 'Some text', title: 'A title', views: 3 };

describe('createDebeziumReader', () => {
  it('turns a created row into a document', () => {
    expect(eventOf(reader, postgresChange('c', { after: row }, { lsn: 200, lastCommit: 100 }))).toEqual({
      operation: 'upsert',
      source: 'shop.public.articles',
      documentId: '7',
      version: BigInt(`000000${'100'.padStart(20, '0')}1${'200'.padStart(20, '0')}${'0'.repeat(10)}`),
      position: '100/200',
      occurredAt: '2026-11-23T04:45:06.014Z',
      content: 'Some text',
      mediaType: 'text/plain',
      metadata: { title: 'A title', views: 3 },
    });
  });

  it('deletes by before, and by the key where there is no before', () => {
    const byBefore = postgresChange(
      'd',
      { before: { id: 7, body: null, title: null, views: null } },
      { lsn: 5 },
    );
    expect(eventOf(reader, byBefore)).toMatchObject({ operation: 'delete', documentId: '7' });
    const byKey = `{"key":{"id":8},"value":${postgresChange('d', {}, { lsn: 5 })}}`;
    expect(eventOf(reader, byKey)).toMatchObject({ operation: 'delete', documentId: '8' });
    expect(reader(postgresChange('d', {}, { lsn: 5 }))).toMatchObject([
      { kind: 'refused', reason: 'invalid_event', position: '5/5' },
    ]);
  });

  it('unwraps lines of kcat, whose keys and values are texts', () => {
    const key = JSON.stringify({ schema: { type: 'struct' }, payload: { id: 8 } });
    const payload = postgresChange('d', {}, { lsn: 5 });
    const line = JSON.stringify({ topic: 'shop.public.articles', partition: 0, offset: 3, key, payload });
    expect(eventOf(reader, line)).toMatchObject({ operation: 'delete', documentId: '8' });
    expect(reader(JSON.stringify({ topic: 't', offset: 4, key, payload: null }))).toEqual([
      { kind: 'ignored', what: 'tombstone' },
    ]);
    expect(
      reader(JSON.stringify({ topic: 't', offset: 5, key, payload: payload.slice(0, 50) })),
    ).toMatchObject([{ kind: 'refused', reason: 'malformed' }]);
  });

  it('reads a changed key as a deletion and a creation', () => {
    const raw = postgresChange('u', { before: { ...row, id: 6 }, after: row }, { lsn: 9 });
    expect(eventsOf(reader, raw)).toMatchObject([
      { operation: 'delete', documentId: '6' },
      { operation: 'upsert', documentId: '7' },
    ]);
  });

  it('orders by commit, then phase, then place, not by log position alone', () => {
    const version = (lsn: number, lastCommit: number | null, more: object = {}): bigint =>
      eventOf(reader, postgresChange('c', { after: row }, { lsn, lastCommit, ...more })).version;
    // A long transaction wrote at 150 and committed after another one that wrote at 300.
    expect(version(150, 400)).toBeGreaterThan(version(300, 200));
    expect(version(300, 200, { order: 2 })).toBeGreaterThan(version(300, 200, { order: 1 }));
    const read = eventOf(reader, postgresChange('r', { after: row }, { lsn: 250, snapshot: 'true' })).version;
    expect(version(260, null)).toBeGreaterThan(read);
    expect(version(250, 250)).toBeGreaterThan(read);
    expect(version(240, 200)).toBeLessThan(read);
  });

  it('keeps log positions above 2^53 exact', () => {
    const at = (lsn: string): bigint => eventOf(reader, postgresChange('c', { after: row }, { lsn })).version;
    expect(at('18446744073709551615') - at('18446744073709551614')).toBe(10n ** 31n + 10n ** 10n);
  });

  it('keeps what is stored where the source does not send it', () => {
    for (const placeholder of [
      '__debezium_unavailable_value',
      Buffer.from('__debezium_unavailable_value').toString('base64'),
      Buffer.from('__debezium_unavailable_value').toString('hex'),
      ['__debezium_unavailable_value'],
      [...Buffer.from('__debezium_unavailable_value')],
      '{"__debezium_unavailable_value":"__debezium_unavailable_value"}',
    ]) {
      const raw = postgresChange(
        'u',
        { after: { ...row, body: placeholder, title: placeholder } },
        { lsn: 9 },
      );
      expect(eventOf(reader, raw)).toMatchObject({
        content: { keep: true },
        keptMetadata: ['title'],
        metadata: { views: 3 },
      });
    }
  });

  it('refuses to join a text of which a part is not sent', () => {
    const joined = createDebeziumReader({ id: 'id', text: ['title', 'body'] });
    const raw = postgresChange('u', { after: { ...row, body: '__debezium_unavailable_value' } }, { lsn: 9 });
    expect(joined(raw)).toMatchObject([{ kind: 'refused', reason: 'unavailable_value' }]);
  });

  it('deletes the document of a row that has no text any more', () => {
    const raw = postgresChange('u', { after: { ...row, body: null } }, { lsn: 9 });
    expect(eventOf(reader, raw)).toMatchObject({ operation: 'delete', documentId: '7' });
  });

  it('ignores what is about no row, and counts it apart', () => {
    const kinds = [
      ['tombstone', 'null'],
      ['tombstone', '{"key":{"id":3},"value":null}'],
      ['heartbeat', '{"key":{"serverName":"shop"},"value":{"ts_ms":1795409150692}}'],
      ['transaction', '{"status":"BEGIN","id":"7:9","event_count":null,"data_collections":null,"ts_ms":1}'],
      ['schema', '{"source":{},"databaseName":"shop","ddl":"CREATE TABLE a (b int)","tableChanges":[]}'],
      ['message', postgresChange('m', {}, { lsn: 9 })],
    ];
    for (const [what, raw] of kinds) expect(reader(raw!), what).toEqual([{ kind: 'ignored', what }]);
    const other = createDebeziumReader({ tables: { 'public.other': mapping } });
    expect(other(postgresChange('c', { after: row }, { lsn: 9 }))).toMatchObject([
      { kind: 'ignored', what: 'unmapped_table' },
    ]);
  });

  it('reads a truncation as a watermark, and refuses one that cannot name its tenants', () => {
    const raw = postgresChange('t', {}, { lsn: 9 });
    expect(eventOf(reader, raw)).toMatchObject({ operation: 'truncate', source: 'shop.public.articles' });
    const tenants = createDebeziumReader({ ...mapping, tenant: 'title' });
    expect(tenants(raw)).toMatchObject([{ kind: 'refused', reason: 'mapping' }]);
  });

  it('takes away what a whole snapshot has not read, where the mapping says so', () => {
    const whole = createDebeziumReader({ ...mapping, snapshotsAreWhole: true });
    const read = (snapshot: string, op = 'r') =>
      eventsOf(whole, postgresChange(op, { after: row }, { lsn: 250, snapshot }));
    const [last, truncation] = read('last');
    expect(truncation).toMatchObject({ operation: 'truncate', source: 'shop.public.articles' });
    const [earlier] = eventsOf(whole, postgresChange('c', { after: row }, { lsn: 249, lastCommit: 249 }));
    expect(truncation!.version).toBeLessThan(last!.version);
    expect(truncation!.version).toBeGreaterThan(earlier!.version);
    expect(read('first')[0]!.version).toBe(last!.version);
    expect(read('last_in_data_collection')).toHaveLength(2);
    for (const mark of ['first', 'true', 'incremental']) expect(read(mark), mark).toHaveLength(1);
    const usual = createDebeziumReader(mapping);
    expect(usual(postgresChange('r', { after: row }, { lsn: 250, snapshot: 'last' }))).toHaveLength(1);
  });

  it('names a column that is not there', () => {
    const wrong = createDebeziumReader({ ...mapping, text: 'description' });
    const [refusal] = wrong(postgresChange('c', { after: row }, { lsn: 9 }));
    expect(refusal).toMatchObject({ kind: 'refused', reason: 'mapping' });
    expect(refusal).toHaveProperty('message', expect.stringContaining('"description"'));
  });

  it('reads the values by the schema that the event carries', () => {
    const column = (field: string, type: string, name?: string, parameters?: object) => ({
      field,
      type,
      ...(name !== undefined && { name }),
      ...(parameters !== undefined && { parameters }),
    });
    const fields = [
      column('id', 'int64'),
      column('body', 'string'),
      column('price', 'bytes', 'org.apache.kafka.connect.data.Decimal', { scale: '3' }),
      column('day', 'int32', 'io.debezium.time.Date'),
      column('at', 'int64', 'io.debezium.time.MicroTimestamp'),
      column('clock', 'int64', 'io.debezium.time.MicroTime'),
    ];
    const schema = { type: 'struct', fields: [{ field: 'after', type: 'struct', fields }] };
    const after = {
      id: 7,
      body: 'text',
      price: Buffer.from([0xff, 0x38]).toString('base64'),
      day: -1,
      at: -1,
      clock: 3_661_000_001,
    };
    const payload = postgresChange('c', { after }, { lsn: 9 });
    const mapped = createDebeziumReader({
      id: 'id',
      text: 'body',
      metadata: ['price', 'day', 'at', 'clock'],
    });
    expect(eventOf(mapped, `{"schema":${JSON.stringify(schema)},"payload":${payload}}`)).toMatchObject({
      metadata: {
        price: -0.2,
        day: '1969-12-31',
        at: '1969-12-31T23:59:59.999999',
        clock: '01:01:01.000001',
      },
    });
  });

  it('keeps the digits of numbers that a double cannot hold', () => {
    const raw = postgresChange('c', { after: row }, { lsn: 9 }).replace('"id":7', '"id":9007199254740993');
    expect(eventOf(reader, raw)).toMatchObject({ documentId: '9007199254740993' });
  });

  it('lets no one in where the column of principals is empty', () => {
    const guarded = createDebeziumReader({ ...mapping, access: { allow: 'readers' } });
    const read = (readers: unknown) =>
      eventOf(guarded, postgresChange('c', { after: { ...row, readers } }, { lsn: 9 }));
    expect(read(null)).toMatchObject({ access: { allow: [] } });
    expect(read('user:a, group:b')).toMatchObject({ access: { allow: ['user:a', 'group:b'] } });
    expect(read(['user:a'])).toMatchObject({ access: { allow: ['user:a'] } });
    expect(read('["user:a"]')).toMatchObject({ access: { allow: ['user:a'] } });
  });

  it('moves a document whose tenant changed, and refuses where it cannot tell', () => {
    const tenants = createDebeziumReader({ ...mapping, tenant: 'owner' });
    const after = { ...row, owner: 'b' };
    const whole = postgresChange('u', { before: { ...row, owner: 'a' }, after }, { lsn: 9 });
    expect(eventsOf(tenants, whole)).toMatchObject([
      { operation: 'delete', tenantId: 'a' },
      { operation: 'upsert', tenantId: 'b' },
    ]);
    const partial = postgresChange('u', { after }, { lsn: 9 });
    expect(tenants(partial)).toMatchObject([{ kind: 'refused', reason: 'mapping' }]);
    const fixed = createDebeziumReader({ ...mapping, tenant: { column: 'owner', neverChanges: true } });
    expect(eventOf(fixed, partial)).toMatchObject({ tenantId: 'b' });
  });

  it('orders MySQL by file, position and row, and never compares another log', () => {
    const change = (file: string, pos: number, rowNumber: number, server = 1): string =>
      JSON.stringify({
        before: null,
        after: row,
        source: {
          connector: 'mysql',
          name: 's',
          db: 'd',
          table: 't',
          ts_ms: 1,
          server_id: server,
          file,
          pos,
          row: rowNumber,
        },
        op: 'c',
      });
    const mysql = createDebeziumReader(mapping);
    const versions = [
      ['mysql-bin.000009', 900, 0],
      ['mysql-bin.000010', 4, 0],
      ['mysql-bin.000010', 4, 1],
      ['mysql-bin.000010', 30, 0],
    ] as const;
    const read = versions.map(([file, pos, number]) => eventOf(mysql, change(file, pos, number)).version);
    expect(read).toEqual(read.toSorted((left, right) => (left < right ? -1 : 1)));
    expect(new Set(read).size).toBe(4);
    expect(mysql(change('mysql-bin.000011', 4, 0, 2))).toMatchObject([{ kind: 'refused' }]);
    expect(mysql(change('binlog.000011', 4, 0))).toMatchObject([{ kind: 'refused' }]);
    const both = createDebeziumReader({ ...mapping, lineages: ['1 mysql-bin', '2 mysql-bin'] });
    const old = eventOf(both, change('mysql-bin.000900', 4, 0)).version;
    expect(eventOf(both, change('mysql-bin.000001', 4, 0, 2)).version).toBeGreaterThan(old);
  });

  it('reads documents of MongoDB', () => {
    const source = {
      connector: 'mongodb',
      name: 'm',
      db: 'shop',
      collection: 'articles',
      ts_ms: 1_558_965_508_000,
      ord: 31,
    };
    const after =
      '{"_id":{"$oid":"596e275826f08b2730779e1f"},"body":"text","views":{"$numberLong":"9007199254740993"}}';
    const mongo = createDebeziumReader({ id: '_id', text: 'body', metadata: ['views', 'title'] });
    expect(eventOf(mongo, JSON.stringify({ before: null, after, source, op: 'c' }))).toMatchObject({
      source: 'm.shop.articles',
      documentId: '596e275826f08b2730779e1f',
      position: '1558965508:31',
      metadata: { views: '9007199254740993' },
    });
    const key = { id: '{"$oid":"596e275826f08b2730779e1f"}' };
    const deletion = JSON.stringify({ key, value: { before: null, after: null, source, op: 'd' } });
    expect(eventOf(mongo, deletion)).toMatchObject({
      operation: 'delete',
      documentId: '596e275826f08b2730779e1f',
    });
  });

  it('refuses what is cut off, flattened or of another connector', () => {
    const change = postgresChange('c', { after: row }, { lsn: 9 });
    expect(reader(change.slice(0, 100))).toMatchObject([{ kind: 'refused', reason: 'malformed' }]);
    expect(reader(JSON.stringify(row))).toMatchObject([{ kind: 'refused', reason: 'invalid_event' }]);
    expect(reader(change.replace('postgresql', 'oracle'))).toMatchObject([
      { kind: 'refused', reason: 'invalid_event' },
    ]);
    expect(() => createDebeziumReader()).toThrow('Expected a mapping');
  });

  const sample = join(
    process.env.BRAID_SHARED ?? '../shared',
    'data/debezium-events/flink-debezium-postgres-replica-identity.jsonl',
  );
  it.skipIf(!existsSync(sample))('reads recorded events of an older Debezium', () => {
    const products = createDebeziumReader({ id: 'id', text: ['name', 'description'], metadata: ['weight'] });
    const lines = readFileSync(sample, 'utf8').trim().split('\n');
    const readings = lines.flatMap((line) => products(line));
    const kinds = readings.map((reading) =>
      reading.kind === 'event' ? reading.event.operation : `${reading.kind}`,
    );
    // The one deletion has neither before nor a key.
    expect(kinds.filter((kind) => kind === 'upsert')).toHaveLength(15);
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(1);
    const versions = readings.flatMap((reading) => (reading.kind === 'event' ? [reading.event.version] : []));
    expect(versions.slice(9)).toEqual(versions.slice(9).toSorted((left, right) => (left < right ? -1 : 1)));
  });
});
