import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDynamoDbReader } from '../../../sources/feeds/dynamodb.ts';
import { eventOf, eventsOf } from './debezium-events.ts';

const samples = join(process.env.BRAID_SHARED ?? '../shared', 'data/aws-events');
const mapping = { id: 'Id', text: 'Message' };

function record(eventName: string, images: object, sequence = '111'): string {
  return JSON.stringify({
    eventName,
    eventSourceARN: 'arn:aws:dynamodb:us-east-1:123456789012:table/Notes/stream/2016',
    dynamodb: { ApproximateCreationDateTime: 1_480_642_020, SequenceNumber: sequence, ...images },
  });
}

describe('createDynamoDbReader', () => {
  const reader = createDynamoDbReader(mapping);
  const keys = { Keys: { Id: { N: '101' } } };

  it('turns an item into a document, its sequence number into the version', () => {
    const raw = record(
      'INSERT',
      { ...keys, NewImage: { Id: { N: '101' }, Message: { S: 'New' } } },
      '9'.repeat(38),
    );
    expect(eventOf(reader, raw)).toEqual({
      operation: 'upsert',
      source: 'Notes',
      documentId: '101',
      version: BigInt('9'.repeat(38)),
      position: '9'.repeat(38),
      occurredAt: '2016-12-02T01:27:00.000Z',
      content: 'New',
      mediaType: 'text/plain',
    });
  });

  it('passes over no record of a list that it cannot read', () => {
    const good = JSON.parse(record('REMOVE', keys));
    const lists = [[good, 'cut off'], [good, null], ['x']].map((Records) => JSON.stringify({ Records }));
    for (const raw of lists)
      expect(reader(raw)).toMatchObject([{ kind: 'refused', reason: 'invalid_event' }]);
  });

  it('keeps the 38 digits of a number', () => {
    const digits = '12345678901234567890123456789012345678';
    const raw = record('INSERT', { Keys: {}, NewImage: { Id: { N: digits }, Message: { S: 'x' } } });
    expect(eventOf(reader, raw)).toMatchObject({ documentId: digits });
  });

  it('removes by key', () => {
    expect(eventOf(reader, record('REMOVE', keys))).toMatchObject({ operation: 'delete', documentId: '101' });
  });

  it('moves a document whose id is made of another attribute', () => {
    const bySlug = createDynamoDbReader({ id: 'Slug', text: 'Message' });
    const image = (slug: string) => ({ Id: { N: '1' }, Slug: { S: slug }, Message: { S: 'x' } });
    const whole = record('MODIFY', { ...keys, OldImage: image('a'), NewImage: image('b') });
    expect(eventsOf(bySlug, whole)).toMatchObject([
      { operation: 'delete', documentId: 'a' },
      { operation: 'upsert', documentId: 'b' },
    ]);
    const partial = record('MODIFY', { ...keys, NewImage: image('b') });
    expect(bySlug(partial)).toMatchObject([{ kind: 'refused', reason: 'mapping' }]);
  });

  it('refuses a stream without images', () => {
    expect(reader(record('INSERT', keys))).toMatchObject([{ kind: 'refused', reason: 'invalid_event' }]);
  });

  it.skipIf(!existsSync(samples))('reads the events of a Lambda function', () => {
    const raw = readFileSync(join(samples, 'dynamodb-time-window-event.json'), 'utf8');
    const events = eventsOf(reader, raw);
    expect(events.map(({ operation, version }) => [operation, version])).toEqual([
      ['upsert', 111n],
      ['upsert', 222n],
      ['delete', 333n],
    ]);
  });

  it.skipIf(!existsSync(samples))('reads each type of attribute', () => {
    const raw = readFileSync(join(samples, 'dynamodb-event.json'), 'utf8');
    const typed = createDynamoDbReader({
      id: ['key', 'val'],
      text: ['val', 'String'],
      metadata: ['Boolean', 'List', 'Map', 'FloatNumber', 'NumberSet', 'Null', 'StringSet'],
    });
    expect(eventsOf(typed, raw)[1]).toMatchObject({
      documentId: 'binary/data',
      content: 'data\n\nHello',
      metadata: {
        Boolean: true,
        List: ['Cookies', 'Coffee', '3.14159'],
        Map: '{"Name":"Joe","Age":35}',
        FloatNumber: 123.45,
        NumberSet: ['1234', '567.8'],
        StringSet: ['Giraffe', 'Zebra'],
      },
    });
  });
});
