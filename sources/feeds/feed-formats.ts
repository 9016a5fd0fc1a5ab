import type { FeedReaderMaker } from '../../domain/change-event.ts';
import { createBraidReader } from './braid.ts';
import { createDebeziumReader } from './debezium.ts';
import { createDynamoDbReader } from './dynamodb.ts';
import { createEventBridgeReader, createS3Reader } from './s3.ts';

/** The formats of change events, by the name that `--format` and `?format=` take. */
export const feedFormats: Readonly<Record<string, FeedReaderMaker>> = {
  braid: createBraidReader,
  debezium: createDebeziumReader,
  dynamodb: createDynamoDbReader,
  s3: createS3Reader,
  eventbridge: createEventBridgeReader,
};
