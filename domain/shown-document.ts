import type { Metadata } from './document.ts';
import { type DocumentRecord, recordVersion } from './document-record.ts';
import type { HiddenTextFlag } from './hidden-text.ts';

/** What a hit shows of its document. */
export interface ShownDocument {
  readonly source: string;
  readonly title?: string;
  readonly uri?: string;
  readonly mediaType: string;
  readonly metadata: Metadata;
  /** Where its links lead; absent where it has none. */
  readonly links?: readonly string[];
  /** What parsing took out of it. */
  readonly flags?: readonly HiddenTextFlag[];
  readonly version: bigint;
  readonly contentHash: string;
}

/** @param record one that may be shown, so that it has content */
export function shownDocument(record: DocumentRecord): ShownDocument {
  const { source, metadata } = record;
  const { title, uri, mediaType, links, flags, contentHash } = record.content!;
  return {
    source,
    ...(title !== undefined && { title }),
    ...(uri !== undefined && { uri }),
    mediaType,
    metadata: metadata?.value ?? {},
    ...(links !== undefined && { links }),
    ...(flags !== undefined && { flags }),
    version: recordVersion(record),
    contentHash,
  };
}
