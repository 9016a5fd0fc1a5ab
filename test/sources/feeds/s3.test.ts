import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEventBridgeReader, createS3Reader } from '../../../sources/feeds/s3.ts';
import { readS3Notification, sequencerVersion } from '../../../sources/feeds/s3-event.ts';
import { eventOf } from './debezium-events.ts';

const samples = join(process.env.BRAID_SHARED ?? '../shared', 'data/aws-events');

function notification(eventName: string, key: string, sequencer = '0055AED6DCD90281E5'): object {
  return {
    Records: [
      {
        eventName,
        eventTime: '2026-01-02T03:04:05.000Z',
        s3: { bucket: { name: 'docs' }, object: { key, sequencer } },
      },
    ],
  };
}

describe('createS3Reader', () => {
  it('names the object to load of what was created and deletes what was removed, keys decoded', () => {
    const reader = createS3Reader();
    const created = JSON.stringify(notification('ObjectCreated:Put', 'a+b/Happy%20%2B%C3%A4.md'));
    expect(eventOf(reader, created)).toMatchObject({
      operation: 'upsert',
      source: 's3://docs',
      documentId: 's3://docs/a b/Happy +ä.md',
      content: { object: { bucket: 'docs', key: 'a b/Happy +ä.md' } },
    });
    const removed = JSON.stringify(notification('ObjectRemoved:DeleteMarkerCreated', 'a+b'));
    expect(eventOf(reader, removed)).toMatchObject({ operation: 'delete', documentId: 's3://docs/a b' });
  });

  it('names the version and the size of the object where the event tells them', () => {
    const made = notification('ObjectCreated:Put', 'a') as {
      Records: [{ s3: { object: Record<string, unknown> } }];
    };
    Object.assign(made.Records[0].s3.object, { versionId: 'v1', size: 1024 });
    expect(eventOf(createS3Reader(), JSON.stringify(made))).toMatchObject({
      content: { object: { bucket: 'docs', key: 'a', versionId: 'v1', sizeBytes: 1024 } },
    });
  });

  it('asks for the object where one of its versions was removed, and not where a marker hides it', () => {
    const of = (kind: string, versionId: string) => {
      const made = notification(kind, 'a') as { Records: [{ s3: { object: object } }] };
      Object.assign(made.Records[0].s3.object, { versionId });
      return eventOf(createS3Reader(), JSON.stringify(made));
    };
    for (const kind of ['ObjectRemoved:Delete', 's3:LifecycleExpiration:Delete']) {
      expect(of(kind, 'old')).toMatchObject({
        operation: 'upsert',
        content: { object: { bucket: 'docs', key: 'a', isDeletedIfGone: true } },
      });
    }
    for (const kind of ['ObjectRemoved:DeleteMarkerCreated', 'LifecycleExpiration:DeleteMarkerCreated']) {
      expect(of(kind, 'marker')).toMatchObject({ operation: 'delete' });
    }
    const bridged = (deletion: string) =>
      eventOf(
        createEventBridgeReader(),
        JSON.stringify({
          source: 'aws.s3',
          'detail-type': 'Object Deleted',
          detail: {
            bucket: { name: 'docs' },
            object: { key: 'a', sequencer: '0A', 'version-id': 'v' },
            'deletion-type': deletion,
          },
        }),
      );
    expect(bridged('Permanently Deleted')).toMatchObject({ operation: 'upsert' });
    expect(bridged('Delete Marker Created')).toMatchObject({ operation: 'delete' });
  });

  it('ignores tests and what is about no content', () => {
    const reader = createS3Reader();
    const test =
      '{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-01-02T03:04:05.000Z","Bucket":"docs"}';
    expect(reader(test)).toEqual([{ kind: 'ignored', what: 'test' }]);
    expect(reader(JSON.stringify(notification('s3:ObjectRestore:Completed', 'a')))).toEqual([
      { kind: 'ignored', what: 'objectrestore' },
    ]);
  });

  it('ignores marks of empty folders and the files that describe objects', () => {
    const reader = createS3Reader();
    const mark = notification('ObjectCreated:Put', 'a/') as { Records: [{ s3: { object: object } }] };
    Object.assign(mark.Records[0].s3.object, { size: 0 });
    expect(reader(JSON.stringify(mark))).toEqual([{ kind: 'ignored', what: 'folder' }]);
    for (const kind of ['ObjectCreated:Put', 'ObjectRemoved:Delete']) {
      expect(reader(JSON.stringify(notification(kind, 'a.md.metadata.json')))).toEqual([
        { kind: 'ignored', what: 'metadata_file' },
      ]);
    }
  });

  it('unwraps queues and topics', () => {
    const inner = JSON.stringify(notification('ObjectRemoved:Delete', 'a'));
    const reader = createS3Reader();
    for (const wrapped of [
      { Records: [{ eventSource: 'aws:sqs', body: inner }] },
      { Records: [{ EventSource: 'aws:sns', Sns: { Message: inner } }] },
      {
        Records: [{ eventSource: 'aws:sqs', body: JSON.stringify({ Type: 'Notification', Message: inner }) }],
      },
    ]) {
      expect(eventOf(reader, JSON.stringify(wrapped))).toMatchObject({ documentId: 's3://docs/a' });
    }
  });

  it('passes over no event that does not say what has happened', () => {
    const made = notification('ObjectCreated:Put', 'a') as { Records: [{ eventName?: string }] };
    delete made.Records[0].eventName;
    expect(createS3Reader()(JSON.stringify(made))).toMatchObject([
      { kind: 'refused', reason: 'invalid_event' },
    ]);
  });

  it.skipIf(!existsSync(samples))('reads recorded notifications', () => {
    const names = readdirSync(samples).filter((name) => /^s3-(?!object-lambda).*\.json$/.test(name));
    const kinds = names.map((name) => {
      const [change] = readS3Notification(JSON.parse(readFileSync(join(samples, name), 'utf8')));
      return `${name} ${change!.change} ${change!.change === 'none' ? change!.what : change!.key}`;
    });
    expect(kinds.toSorted()).toEqual([
      's3-event-with-decoded.json created Happy Face.jpg',
      's3-event.json created Happy Face.jpg',
      's3-intelligenttier-event.json none intelligenttiering',
      's3-lifecycle-event.json none lifecycletransition',
      's3-replication-event.json none replication',
      's3-restore-event.json none objectrestore',
    ]);
  });
});

describe('createEventBridgeReader', () => {
  const event = (kind: string, source = 'aws.s3') =>
    JSON.stringify({
      source,
      'detail-type': kind,
      time: '2026-01-02T03:04:05Z',
      detail: {
        bucket: { name: 'docs' },
        object: { key: 'a+b %20.md', sequencer: '00AB' },
        'deletion-type': 'Permanently Deleted',
      },
    });

  it('takes keys as they are', () => {
    const reader = createEventBridgeReader();
    expect(eventOf(reader, event('Object Deleted'))).toMatchObject({
      operation: 'delete',
      documentId: 's3://docs/a+b %20.md',
    });
    expect(eventOf(reader, event('Object Created'))).toMatchObject({ operation: 'upsert' });
    expect(reader(event('Object Tags Added'))).toEqual([{ kind: 'ignored', what: 'object_tags_added' }]);
    expect(reader(event('Object Created', 'aws.ec2'))).toEqual([{ kind: 'ignored', what: 'other_source' }]);
  });
});

describe('sequencerVersion', () => {
  it('compares with zeros added on the right, in any case of letters', () => {
    const version = (sequencer: string) => sequencerVersion(0, sequencer);
    expect(version('0055AED6DCD90281E5')).toBeGreaterThan(version('0055AED6DCD90281'));
    expect(version('0055AED6DD')).toBeGreaterThan(version('0055AED6DCD90281E5'));
    expect(version('00ab')).toBe(version('00AB00'));
    expect(version('f'.repeat(60)).toString().length).toBeLessThanOrEqual(80);
    expect(sequencerVersion(1, '0')).toBeGreaterThan(version('f'.repeat(60)));
    expect(() => version('Happy Sequencer')).toThrow('hexadecimal');
  });
});
