import type { ChangeEvent, FeedReader, FeedReading } from '../../domain/change-event.ts';
import { createReader } from './create-reader.ts';
import type { Json } from './parse-json.ts';
import {
  type ObjectChange,
  type OtherNotice,
  readEventBridgeEvent,
  readS3Notification,
  sequencerVersion,
} from './s3-event.ts';

/**
 * Gives the content of a created object, or undefined where it is not there any more. A reader waits for nothing, so the
 * object must be at hand.
 */
export type LoadObject = (object: ObjectChange) => Uint8Array | undefined;

/** Reads S3's event notifications: plain, or wrapped by SQS or SNS. */
export function createS3Reader(_mapping?: unknown, load?: LoadObject): FeedReader {
  return createReader((json) => readS3Notification(json).map((change) => readingOf(change, load)));
}

/** Reads S3's events as EventBridge delivers them, one a line or several in a list. */
export function createEventBridgeReader(_mapping?: unknown, load?: LoadObject): FeedReader {
  return createReader((json) => {
    const events: readonly Json[] = Array.isArray(json) ? json : [json];
    return events.map((event) => readingOf(readEventBridgeEvent(event), load));
  });
}

function readingOf(change: ObjectChange | OtherNotice, load: LoadObject | undefined): FeedReading {
  if (change.change === 'none') return { kind: 'ignored', what: change.what };
  const { bucket, key, sequencer, occurredAt } = change;
  const uri = `s3://${bucket}/${key}`;
  const base = {
    source: `s3://${bucket}`,
    documentId: uri,
    version: sequencerVersion(0, sequencer),
    position: `${key} ${sequencer}`.slice(-200),
    ...(occurredAt !== undefined && !Number.isNaN(Date.parse(occurredAt)) && { occurredAt }),
  };
  const removal: ChangeEvent = { operation: 'delete', ...base };
  if (change.change === 'removed') return { kind: 'event', event: removal };
  if (load === undefined) {
    return {
      kind: 'refused',
      reason: 'invalid_event',
      message: `Cannot load ${uri}: the event does not carry the object, and no store of objects is configured`,
      position: base.position,
    };
  }
  const content = load(change);
  // Gone since: the removal has its own, later event.
  if (content === undefined) return { kind: 'ignored', what: 'object_gone', position: base.position };
  return { kind: 'event', event: { operation: 'upsert', ...base, uri, content } };
}
