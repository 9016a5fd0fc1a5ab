import type { ChunkLocation } from './chunk.ts';
import type { RefusalReason } from './errors.ts';
import type { HiddenTextFlag } from './hidden-text.ts';

/** What a parser makes of a document: plain text, and blocks that say what stands where in it. */
export interface ParsedDocument {
  readonly text: string;
  readonly title?: string;
  /** As the content decided, not as claimed. */
  readonly mediaType: string;
  /** In reading order, not overlapping, within `text`; between blocks stands white space only. */
  readonly blocks: readonly Block[];
  /** Of mails: files that become documents of their own. Their names differ and have no `/`. */
  readonly attachments?: readonly Attachment[];
  /** Targets of its links, see `linkTargets`; those that are relative to the document's address stay so. */
  readonly links?: readonly string[];
  /** What was taken out of it, since no reader sees it. */
  readonly flags?: readonly HiddenTextFlag[];
  /** What could not be read of a document whose rest could. */
  readonly omissions?: readonly Omission[];
}

export interface Omission {
  readonly reason: RefusalReason;
  /** Names the pages or parts. */
  readonly message: string;
}

export interface Attachment {
  readonly name: string;
  /** As the mail claims. */
  readonly mediaType?: string;
  readonly content: Uint8Array;
}

/** [start, end) in the text, UTF-16 code units. */
export interface Block {
  readonly kind: 'heading' | 'paragraph' | 'list' | 'code' | 'table';
  readonly start: number;
  readonly end: number;
  /** Headings above the block, outermost first; a heading's own text is not in its path. */
  readonly headingPath: readonly string[];
  readonly location?: ChunkLocation;
  /** Of headings, 1 to 6. */
  readonly level?: number;
  /** Of tables. */
  readonly table?: TableLayout;
}

/** How a table's block is made: its header, then rows. */
export interface TableLayout {
  /** The header as it is repeated for chunks that start below it; stands in the text at the block's start. */
  readonly header: string;
  /** Start of each row in the text, rising; a row ends where the next starts, the last at the block's end. */
  readonly rows: readonly number[];
}
