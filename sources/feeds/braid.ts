import {
  type ChangeEvent,
  type FeedReader,
  type FeedReading,
  parseChangeEvent,
} from '../../domain/change-event.ts';
import { InvalidInput } from '../../domain/errors.ts';

/** Reads Braid's own envelope, one JSON object a line. */
export function createBraidReader(mapping?: unknown): FeedReader {
  if (mapping !== undefined) {
    throw new InvalidInput(
      'mapping',
      'Cannot use a mapping with the format braid: its events name their parts',
    );
  }
  return (raw): readonly FeedReading[] => {
    let value: unknown;
    try {
      value = JSON.parse(raw);
    } catch (error) {
      return [refusal('malformed', error, undefined)];
    }
    try {
      const event: ChangeEvent = parseChangeEvent(value);
      return [{ kind: 'event', event }];
    } catch (error) {
      return [refusal(error instanceof InvalidInput ? 'invalid_event' : 'internal', error, value)];
    }
  };
}

function refusal(
  reason: 'malformed' | 'invalid_event' | 'internal',
  error: unknown,
  value: unknown,
): FeedReading {
  const message = `Cannot read the event: ${(error instanceof Error ? error.message : String(error)).slice(0, 1_000)}`;
  const isNamed = typeof value === 'object' && value !== null && 'position' in value;
  const position = isNamed && typeof value.position === 'string' ? value.position : undefined;
  return { kind: 'refused', reason, message, ...(position !== undefined && { position }) };
}
