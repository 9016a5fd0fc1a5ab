import { checkChangeEvent, type FeedReader, type FeedReading } from '../../domain/change-event.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { type Json, parseJson } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/**
 * Makes a reader of a function that may throw: each failure becomes a refusal with its reason, and each event is checked
 * before it goes on.
 *
 * @param read turns one JSON value into readings; it may throw `UnreadableEvent` and `InvalidInput`
 * @param positionOf where a refused event stands in its feed, as far as it can be told
 */
export function createReader(
  read: (value: Json) => readonly FeedReading[],
  positionOf: (value: Json) => string | undefined = () => undefined,
): FeedReader {
  return (raw) => {
    let value: Json;
    try {
      value = parseJson(raw);
    } catch (error) {
      return [
        { kind: 'refused', reason: 'malformed', message: `Cannot read the event: ${messageOf(error)}` },
      ];
    }
    try {
      const readings = read(value);
      for (const reading of readings) if (reading.kind === 'event') checkChangeEvent(reading.event);
      return readings;
    } catch (error) {
      const position = positionOf(value);
      const reason =
        error instanceof UnreadableEvent
          ? error.reason
          : error instanceof InvalidInput
            ? 'invalid_event'
            : 'internal';
      return [
        { kind: 'refused', reason, message: messageOf(error), ...(position !== undefined && { position }) },
      ];
    }
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
}
