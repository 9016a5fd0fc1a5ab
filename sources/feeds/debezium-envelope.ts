import { isJsonObject, type Json, type JsonObject, parseJson } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/** A Debezium event without what it was wrapped in. */
export interface DebeziumEvent {
  /** Null for a tombstone. */
  readonly value: JsonObject | null;
  /** Schema of the value, where the event carries one. */
  readonly schema?: JsonObject;
  /** Columns of the primary key, where the key travels with the event. */
  readonly key?: JsonObject;
  readonly keySchema?: JsonObject;
}

/**
 * Unwraps an event: the value alone (Debezium Server's HTTP sink, the console consumer), `{ "key": …, "value": … }`, or
 * a line of `kcat -J` (`key` and `payload` as texts); key and value each with or without `{ "schema", "payload" }`.
 * @throws {UnreadableEvent} for anything else
 */
export function unwrapDebezium(json: Json): DebeziumEvent {
  if (json === null) return { value: null };
  if (!isJsonObject(json)) throw notAnEvent();
  if ('value' in json && 'key' in json && !('op' in json)) return pair(json.key, json.value);
  if ('topic' in json && 'payload' in json && !('schema' in json)) return pair(json.key, json.payload);
  return unwrapValue(json);
}

function pair(key: Json | undefined, value: Json | undefined): DebeziumEvent {
  const keyPart = isAbsent(key) ? undefined : withoutSchema(parsed(key!));
  const event = isAbsent(value) ? { value: null } : unwrapValue(parsed(value!));
  return {
    ...event,
    ...(isJsonObject(keyPart?.payload) && { key: keyPart.payload }),
    ...(keyPart?.schema !== undefined && { keySchema: keyPart.schema }),
  };
}

function unwrapValue(json: Json): DebeziumEvent {
  const { payload, schema } = withoutSchema(json);
  if (payload === null) return { value: null };
  if (!isJsonObject(payload)) throw notAnEvent();
  return { value: payload, ...(schema !== undefined && { schema }) };
}

function withoutSchema(json: Json): { readonly payload: Json; readonly schema?: JsonObject } {
  if (!isJsonObject(json) || !('schema' in json && 'payload' in json)) return { payload: json };
  return { payload: json.payload!, ...(isJsonObject(json.schema) && { schema: json.schema }) };
}

/** Tools that print Kafka's records write keys and values as texts. */
function parsed(value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return parseJson(value);
  } catch {
    throw new UnreadableEvent(
      'malformed',
      'Cannot read the event: its key or value is a text that is no JSON',
    );
  }
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === null || value === '';
}

function notAnEvent(): UnreadableEvent {
  return new UnreadableEvent('invalid_event', 'Expected a Debezium event to be a JSON object');
}
