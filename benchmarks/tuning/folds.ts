import { createHash } from 'node:crypto';

/** How many parts the queries are cut into, each left out once. */
export const foldCount = 5;

/** Which fold a query falls into: by SHA-256 of its id, the same on every machine and whatever other queries there are. */
export function foldOf(queryId: string): number {
  return createHash('sha256').update(queryId).digest().readUInt32BE(0) % foldCount;
}

/**
 * The fold of each query. Queries that ask the same fall into one, that of the least of their ids: else a choice would
 * have seen the query that judges it under another id.
 */
export function foldsOf(queries: readonly { readonly queryId: string; readonly text: string }[]): number[] {
  const least = new Map<string, string>();
  for (const { queryId, text } of queries) {
    const question = questionOf(text);
    const known = least.get(question);
    if (known === undefined || queryId < known) least.set(question, queryId);
  }
  return queries.map(({ text }) => foldOf(least.get(questionOf(text))!));
}

/** What a query asks: equal for texts that differ in case and white space alone. */
export function questionOf(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ');
}
