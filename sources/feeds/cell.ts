import { ExactNumber, isJsonObject } from './parse-json.ts';
import { UnreadableEvent } from './unreadable-event.ts';

/** The source says that the value is unchanged, and does not send it. */
export const unavailable = Symbol('unavailable');

/** One value of a row: JSON's, bytes, or `unavailable`. */
export type Cell =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | Uint8Array
  | typeof unavailable
  | readonly Cell[]
  | { readonly [name: string]: Cell };

/** A row (an item, a document of a database) by column. */
export type Row = Readonly<Record<string, Cell>>;

/** True where a part of the value is not sent. */
export function isUnavailable(cell: Cell): boolean {
  return cell === unavailable || (Array.isArray(cell) && cell.some(isUnavailable));
}

/**
 * A value as text: numbers as written, lists and objects as JSON, null as nothing.
 * @throws {UnreadableEvent} for bytes, which have no text, and for what is unavailable
 */
export function textOf(cell: Cell, column: string): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'boolean' || cell instanceof ExactNumber)
    return String(cell);
  if (isUnavailable(cell)) {
    throw new UnreadableEvent(
      'unavailable_value',
      `Cannot read column ${name(column)}: its value is not sent`,
    );
  }
  if (cell instanceof Uint8Array) {
    throw new UnreadableEvent(
      'mapping',
      `Cannot use the binary column ${name(column)} as text: map it as content instead`,
    );
  }
  return jsonOf(cell, column);
}

/** A column's name as messages show it. */
export function name(column: string): string {
  return JSON.stringify(column.slice(0, 100));
}

function jsonOf(cell: Cell, column: string): string {
  if (Array.isArray(cell)) return `[${cell.map((item: Cell) => jsonOf(item, column)).join(',')}]`;
  if (cell !== null && typeof cell === 'object' && isPlain(cell)) {
    return `{${Object.entries(cell)
      .map(([key, item]) => `${JSON.stringify(key)}:${jsonOf(item, column)}`)
      .join(',')}}`;
  }
  return typeof cell === 'string' ? JSON.stringify(cell) : cell === null ? 'null' : textOf(cell, column);
}

function isPlain(cell: object): cell is { readonly [name: string]: Cell } {
  return !(cell instanceof Uint8Array) && isJsonObject(cell as never);
}
