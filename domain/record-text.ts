import type { DocumentRecord } from './document-record.ts';

/** A record as it is stored: JSON, its versions as decimal strings. */
export function writeRecord(record: DocumentRecord): string {
  return JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}

export function readRecord(text: string): DocumentRecord {
  const stored = JSON.parse(text);
  for (const part of [stored.content, stored.label, stored.metadata, stored.access, stored.expiry]) {
    if (part !== undefined) part.version = BigInt(part.version);
  }
  return stored;
}
