import { InvalidInput } from '../../domain/errors.ts';
import { resolveSearchRequest } from '../../retrieval/resolve.ts';
import type { DatasetQuery } from './read-dataset.ts';

/**
 * Refuses queries that no search takes, before any work: one without text, or longer than a search allows.
 * @throws {InvalidInput} naming the query
 */
export function requireSearchable(queries: readonly Pick<DatasetQuery, 'queryId' | 'text'>[]): void {
  for (const { queryId, text } of queries) {
    try {
      resolveSearchRequest({ query: text }, []);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      throw new InvalidInput(
        'queries',
        `Cannot search query ${JSON.stringify(queryId)} (${text.length} characters): ${error.message}`,
        { cause: error },
      );
    }
  }
}
