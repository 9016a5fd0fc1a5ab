import { makeVersion, type VersionPart } from './make-version.ts';
import { ExactNumber, isJsonObject, type Json, type JsonObject, parseJson } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/** Where an event stands in its database's log. */
export interface DebeziumPosition {
  /** In the source's own words. */
  readonly text: string;
  /** Names the log: positions of different logs never compare. Undefined where the events do not tell. */
  readonly lineage?: string;
  version(epoch: number): bigint;
}

/**
 * Reads the position of a change.
 *
 * A read of a snapshot comes before each change that was committed after it and after each one committed before it. So
 * positions are ordered by commit first, then by phase (0 snapshot, 1 change), then by the place in the transaction.
 * @throws {UnreadableEvent} where the source block has no position, or the connector is not known
 */
export function debeziumPosition(value: JsonObject): DebeziumPosition {
  const { source } = value;
  if (!isJsonObject(source)) {
    throw new UnreadableEvent('invalid_event', 'Expected a Debezium event to have a source block, got none');
  }
  const isSnapshot = value.op === 'r';
  const order = isJsonObject(value.transaction) ? optional(value.transaction.total_order) : undefined;
  const serial: VersionPart = ['transaction.total_order', order ?? 0n, 10];
  const phase: VersionPart = ['the phase', isSnapshot ? 0n : 1n, 1];
  switch (source.connector) {
    case 'postgresql':
      return postgresPosition(source, phase, serial);
    case 'mysql':
    case 'mariadb':
      return mysqlPosition(source, phase, serial);
    case 'mongodb':
      return mongoPosition(source, phase, serial);
    default:
      throw new UnreadableEvent(
        'invalid_event',
        `Cannot order events of connector ${JSON.stringify(source.connector)}, expected postgresql, mysql, mariadb or mongodb`,
      );
  }
}

/**
 * Events come in the order of commits, and log positions of different transactions interleave: the commit before the
 * event's own transaction (`source.sequence`) comes first, then the position of the change.
 */
function postgresPosition(source: JsonObject, phase: VersionPart, serial: VersionPart): DebeziumPosition {
  const lsn = required(source.lsn, 'source.lsn');
  // The first transaction after a snapshot names no commit before it.
  const commit = lastCommit(source.sequence) ?? lsn;
  return {
    text: `${commit}/${lsn}${serial[1] > 0n ? `/${serial[1]}` : ''}`,
    version: (epoch) =>
      makeVersion(epoch, [['the last commit', commit, 20], phase, ['source.lsn', lsn, 20], serial]),
  };
}

/** `["<last commit>","<position>"]`, as text. */
function lastCommit(sequence: Json | undefined): bigint | undefined {
  if (typeof sequence !== 'string') return undefined;
  try {
    const parts = parseJson(sequence);
    return Array.isArray(parts) ? optional(parts[0]) : undefined;
  } catch {
    throw new UnreadableEvent('invalid_event', 'Expected source.sequence to be a JSON list');
  }
}

function mysqlPosition(source: JsonObject, phase: VersionPart, serial: VersionPart): DebeziumPosition {
  const file = String(source.file ?? '');
  const match = /^(.*?)\.?(\d{1,10})$/.exec(file);
  if (match === null) {
    throw new UnreadableEvent(
      'invalid_event',
      `Expected source.file to end in the number of a binary log, got ${JSON.stringify(file.slice(0, 100))}`,
    );
  }
  const position = required(source.pos, 'source.pos');
  const row = optional(source.row) ?? 0n;
  // Reads of a snapshot name no server.
  const server = optional(source.server_id) ?? 0n;
  return {
    text: `${file}:${position}:${row}`,
    ...(server > 0n && { lineage: `${server} ${match[1]}` }),
    version: (epoch) =>
      makeVersion(epoch, [
        ['the number of source.file', BigInt(match[2]!), 10],
        ['source.pos', position, 20],
        phase,
        ['source.row', row, 10],
        serial,
      ]),
  };
}

function mongoPosition(source: JsonObject, phase: VersionPart, serial: VersionPart): DebeziumPosition {
  const seconds = required(source.ts_ms, 'source.ts_ms') / 1_000n;
  const ordinal = required(source.ord, 'source.ord');
  return {
    text: `${seconds}:${ordinal}${serial[1] > 0n ? `:${serial[1]}` : ''}`,
    version: (epoch) =>
      makeVersion(epoch, [['source.ts_ms', seconds, 12], ['source.ord', ordinal, 10], phase, serial]),
  };
}

function required(value: Json | undefined, field: string): bigint {
  const number = optional(value);
  if (number !== undefined && number >= 0n) return number;
  throw new UnreadableEvent(
    'invalid_event',
    `Expected ${field} to be a whole number from 0, got ${value === undefined ? 'none' : String(JSON.stringify(value)).slice(0, 100)}`,
  );
}

function optional(value: Json | undefined): bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  const text = value instanceof ExactNumber ? value.text : value;
  return typeof text === 'string' && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}
