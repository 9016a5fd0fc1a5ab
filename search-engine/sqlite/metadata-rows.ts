import { createHash } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import type { Metadata, MetadataValue } from '../../domain/document.ts';

/**
 * Types of `metadata.type`, in the order in which facets list values. A list is one row by its hash, for comparing it
 * whole, and one a distinct member.
 */
export const valueType = { boolean: 1, number: 2, string: 3, member: 4, list: 5 } as const;

export interface MetadataRow {
  readonly key: string;
  readonly type: number;
  readonly value: SQLInputValue;
}

/** The rows by which a document's metadata is found; equal metadata gives equal rows. */
export function metadataRows(metadata: Metadata): MetadataRow[] {
  return Object.entries(metadata).flatMap(([key, value]) => valueRows(value).map((row) => ({ key, ...row })));
}

/** Strings are stored as the bytes of their UTF-8: compared by bytes, and whole where they hold a NUL. */
export function storedString(text: string): Uint8Array {
  return Buffer.from(text);
}

/** −0 equals 0. */
export function storedNumber(value: number): number {
  return value + 0;
}

export function storedList(list: readonly string[]): Uint8Array {
  return createHash('sha256').update(JSON.stringify(list)).digest();
}

function valueRows(value: MetadataValue): { type: number; value: SQLInputValue }[] {
  if (typeof value === 'string') return [{ type: valueType.string, value: storedString(value) }];
  if (typeof value === 'number') return [{ type: valueType.number, value: storedNumber(value) }];
  if (typeof value === 'boolean') return [{ type: valueType.boolean, value: Number(value) }];
  const members = [...new Set(value)].map((member) => ({
    type: valueType.member,
    value: storedString(member),
  }));
  return [{ type: valueType.list, value: storedList(value) }, ...members];
}
