import type { Metadata } from '../domain/document.ts';

/** What a reranking model reads of a hit: the metadata asked for, one `key: value` a line, title, context and text. */
export function rerankedText(
  hit: {
    readonly title?: string;
    readonly context?: string;
    readonly text: string;
    readonly metadata: Metadata;
  },
  metadataFields: readonly string[] = [],
): string {
  const lines = metadataFields.flatMap((key) => {
    const value = Object.hasOwn(hit.metadata, key) ? hit.metadata[key] : undefined;
    return value === undefined ? [] : [`${key}: ${Array.isArray(value) ? value.join(', ') : value}`];
  });
  return [...lines, hit.title, hit.context, hit.text]
    .filter((part) => part !== undefined && part !== '')
    .join('\n');
}
