import type { Document } from '../domain/document.ts';

/** Where documents come from. */
export interface Source {
  /** Lists what there is, without reading it; lists nothing twice. */
  items(signal?: AbortSignal): AsyncIterable<SourceItem>;
}

export interface SourceItem {
  /** As the user knows it: a path or an address. For progress and refusals. */
  readonly name: string;
  /** @throws {DocumentRefused} when it cannot be read, is too large or may not be fetched */
  load(signal?: AbortSignal): Promise<Document>;
}
