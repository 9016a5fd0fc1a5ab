import { makeVersion } from './make-version.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/** What a notification says has happened to one object. */
export interface ObjectChange {
  /** `version_removed`: one version is gone for good, of a bucket that may still have the object. */
  readonly change: 'created' | 'removed' | 'version_removed';
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly versionId?: string;
  readonly eTag?: string;
  readonly sizeBytes?: number;
  readonly sequencer: string;
  readonly occurredAt?: string;
}

/** A notification about anything else: tests, transitions, restores, replication, tags. */
export interface OtherNotice {
  readonly change: 'none';
  readonly what: string;
}

/** Longest sequencer, in hexadecimal digits, and the decimal digits that hold it. */
const sequencerDigits = 60;
const versionDigits = 73;

/**
 * Reads what S3 sends to a queue, a topic or a function, wrapped by SQS or SNS or not. Keys are decoded: `+` is a space,
 * then percent signs.
 * @throws {UnreadableEvent} for anything else
 */
export function readS3Notification(json: Json): readonly (ObjectChange | OtherNotice)[] {
  if (!isJsonObject(json)) throw notANotification();
  if (json.Event === 's3:TestEvent') return [{ change: 'none', what: 'test' }];
  if (typeof json.Message === 'string') return readS3Notification(parseInner(json.Message));
  if (typeof json.body === 'string') return readS3Notification(parseInner(json.body));
  if (typeof json.Body === 'string') return readS3Notification(parseInner(json.Body));
  if (isJsonObject(json.Sns)) return readS3Notification(json.Sns);
  const records = Array.isArray(json.Records) ? json.Records : isJsonObject(json.s3) ? [json] : undefined;
  if (records === undefined) throw notANotification();
  return records.flatMap((record: Json) => {
    if (!isJsonObject(record)) throw notANotification();
    return isJsonObject(record.s3) ? [readRecord(record, record.s3)] : readS3Notification(record);
  });
}

/**
 * Reads one event of S3 as EventBridge delivers it, where keys are not encoded.
 * @throws {UnreadableEvent} for anything else
 */
export function readEventBridgeEvent(json: Json): ObjectChange | OtherNotice {
  if (!isJsonObject(json) || typeof json['detail-type'] !== 'string' || !isJsonObject(json.detail)) {
    throw new UnreadableEvent(
      'invalid_event',
      'Expected an event of EventBridge with detail-type and detail',
    );
  }
  const kind = json['detail-type'];
  if (json.source !== 'aws.s3') return { change: 'none', what: 'other_source' };
  if (kind !== 'Object Created' && kind !== 'Object Deleted') {
    return { change: 'none', what: kind.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_') };
  }
  const { bucket, object, 'deletion-type': deletion } = json.detail;
  const fields = objectFields(object, (key) => key);
  return {
    change: kind === 'Object Created' ? 'created' : removalOf(fields, deletion === 'Delete Marker Created'),
    bucket: bucketName(bucket),
    ...fields,
    ...(typeof json.time === 'string' && { occurredAt: json.time }),
  };
}

/** The sequencer, padded with zeros on the right as AWS compares them, as a version. */
export function sequencerVersion(epoch: number, sequencer: string): bigint {
  if (!/^[0-9a-fA-F]+$/.test(sequencer) || sequencer.length > sequencerDigits) {
    throw new UnreadableEvent(
      'invalid_event',
      `Expected sequencer to be at most ${sequencerDigits} hexadecimal digits, got ${JSON.stringify(sequencer.slice(0, 100))}`,
    );
  }
  const value = BigInt(`0x${sequencer.padEnd(sequencerDigits, '0')}`);
  return makeVersion(epoch, [['sequencer', value, versionDigits]]);
}

function readRecord(record: JsonObject, s3: JsonObject): ObjectChange | OtherNotice {
  if (typeof record.eventName !== 'string' || record.eventName === '') throw notANotification();
  const eventName = record.eventName.replace(/^s3:/, '');
  const isRemoval = eventName.startsWith('ObjectRemoved:') || eventName.startsWith('LifecycleExpiration:');
  if (!isRemoval && !eventName.startsWith('ObjectCreated:')) {
    return { change: 'none', what: eventName.split(':')[0]!.toLowerCase() };
  }
  const fields = objectFields(s3.object, decodeKey);
  return {
    change: isRemoval ? removalOf(fields, eventName.endsWith(':DeleteMarkerCreated')) : 'created',
    bucket: bucketName(s3.bucket),
    ...fields,
    ...(typeof record.eventTime === 'string' && { occurredAt: record.eventTime }),
  };
}

/** A marker hides the object; without one, what has a version was one of several, and mostly an old one that expired. */
function removalOf(
  { versionId }: Pick<ObjectChange, 'versionId'>,
  isMarker: boolean,
): ObjectChange['change'] {
  return isMarker || versionId === undefined ? 'removed' : 'version_removed';
}

function objectFields(
  object: Json | undefined,
  decode: (key: string) => string,
): Pick<ObjectChange, 'key' | 'sequencer' | 'versionId' | 'eTag' | 'sizeBytes'> {
  if (!isJsonObject(object) || typeof object.key !== 'string' || typeof object.sequencer !== 'string') {
    throw new UnreadableEvent('invalid_event', 'Expected an object with key and sequencer');
  }
  // EventBridge writes the names in another way.
  const { versionId = object['version-id'], eTag = object.etag, size } = object;
  return {
    key: decode(object.key),
    sequencer: object.sequencer,
    ...(typeof versionId === 'string' && { versionId }),
    ...(typeof eTag === 'string' && { eTag }),
    ...(typeof size === 'number' && { sizeBytes: size }),
  };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw new UnreadableEvent('invalid_event', `Cannot decode the key ${JSON.stringify(key.slice(0, 200))}`);
  }
}

function bucketName(bucket: Json | undefined): string {
  if (isJsonObject(bucket) && typeof bucket.name === 'string') return bucket.name;
  throw new UnreadableEvent('invalid_event', 'Expected a bucket with a name');
}

function parseInner(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new UnreadableEvent('malformed', 'Cannot read the notification: what it carries is no JSON');
  }
}

function notANotification(): UnreadableEvent {
  return new UnreadableEvent(
    'invalid_event',
    'Expected a notification of S3 with Records, each with eventName and s3',
  );
}
