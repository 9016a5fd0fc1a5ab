import type { FeedReader, FeedReading } from '../../domain/change-event.ts';
import { metadataSuffix } from '../object-metadata.ts';
import { createReader } from './create-reader.ts';
import type { Json } from './parse-json.ts';
import {
  type ObjectChange,
  type OtherNotice,
  readEventBridgeEvent,
  readS3Notification,
  sequencerVersion,
} from './s3-event.ts';

/** Reads S3's event notifications: plain, or wrapped by SQS or SNS. */
export function createS3Reader(): FeedReader {
  return createReader((json) => readS3Notification(json).map(readingOf));
}

/** Reads S3's events as EventBridge delivers them, one a line or several in a list. */
export function createEventBridgeReader(): FeedReader {
  return createReader((json) => {
    const events: readonly Json[] = Array.isArray(json) ? json : [json];
    return events.map((event) => readingOf(readEventBridgeEvent(event)));
  });
}

/** The object of a creation is loaded when the event is applied: at most once for several that queue up. */
function readingOf(change: ObjectChange | OtherNotice): FeedReading {
  if (change.change === 'none') return { kind: 'ignored', what: change.what };
  const { bucket, key, versionId, sizeBytes, sequencer, occurredAt } = change;
  // It is read with the object that it describes; sequencers of two keys do not compare.
  if (key.endsWith(metadataSuffix)) return { kind: 'ignored', what: 'metadata_file' };
  if (key.endsWith('/') && sizeBytes === 0) return { kind: 'ignored', what: 'folder' };
  const uri = `s3://${bucket}/${key}`;
  const base = {
    source: `s3://${bucket}`,
    documentId: uri,
    version: sequencerVersion(0, sequencer),
    position: `${key} ${sequencer}`.slice(-200),
    ...(occurredAt !== undefined && !Number.isNaN(Date.parse(occurredAt)) && { occurredAt }),
  };
  if (change.change === 'removed') return { kind: 'event', event: { operation: 'delete', ...base } };
  // What is left then shows when the object is asked for, whichever version it is now.
  if (change.change === 'version_removed') {
    const content = { object: { bucket, key, isDeletedIfGone: true } };
    return { kind: 'event', event: { operation: 'upsert', ...base, uri, content } };
  }
  const object = {
    bucket,
    key,
    ...(versionId !== undefined && { versionId }),
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
  return { kind: 'event', event: { operation: 'upsert', ...base, uri, content: { object } } };
}
