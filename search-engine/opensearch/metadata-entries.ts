import { createHash } from 'node:crypto';
import type { Metadata } from '../../domain/document.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';

/** One key of a document's metadata, as it is indexed. */
export interface MetadataEntry {
  readonly key: string;
  readonly string?: string;
  readonly list?: readonly string[];
  readonly whole?: string;
  readonly number?: number;
  readonly boolean?: boolean;
  /** In the documents' index only. */
  readonly term?: string | readonly string[];
}

/** The nested entries of a metadata map; with `terms`, those that facets count too. */
export function metadataEntries(metadata: Metadata, terms: boolean): MetadataEntry[] {
  return Object.entries(metadata).map(([key, value]) => {
    if (typeof value === 'boolean') return { key, boolean: value };
    // Lucene takes −0 and 0 for two numbers.
    if (typeof value === 'number') return { key, number: value === 0 ? 0 : value };
    if (typeof value === 'string') return { key, string: value, ...(terms && { term: value }) };
    return { key, list: value, whole: wholeList(value), ...(terms && { term: value }) };
  });
}

/** Stands for a whole list, in its order; lists themselves can be longer than an indexed term. */
export function wholeList(list: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url');
}

/** The indexed fields of who may read a document, and until when. */
export function accessFields({ access: part, expiry }: DocumentRecord): object {
  const access = part?.value;
  return {
    restricted: access?.allow !== undefined,
    ...(access?.allow !== undefined && { allow: access.allow }),
    ...(access?.deny !== undefined && { deny: access.deny }),
    ...(expiry?.value !== undefined && { expiresAt: expiry.value }),
  };
}
