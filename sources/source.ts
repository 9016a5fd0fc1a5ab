import type { Document } from '../domain/document.ts';

/** Where documents come from. */
export interface Source {
  /** Lists what there is, without reading it; lists nothing twice. */
  items(signal?: AbortSignal): AsyncIterable<SourceItem>;
  /** What `items` lists whole: documents of these that it does not list are gone. @default none */
  readonly collections?: readonly Collection[];
}

/** The documents of one source that stand below one place. */
export interface Collection {
  readonly source: string;
  /** Starts each document's id. */
  readonly idPrefix: string;
  /** Starts each document's uri, where the id alone may be another place's. */
  readonly uriPrefix?: string;
}

export interface SourceItem {
  /** As the user knows it: a path or an address. For progress and refusals. */
  readonly name: string;
  /** Where it is known before loading. */
  readonly documentId?: string;
  /** The document's `origin.tag` while the source holds this state: a document that has it need not be loaded. */
  readonly tag?: string;
  /** This item is a place that could not be listed; nothing whose id starts so is known to be gone. */
  readonly unlisted?: string;
  /** @throws {DocumentRefused} when it cannot be read, is too large or may not be fetched */
  load(signal?: AbortSignal): Promise<Document>;
}
