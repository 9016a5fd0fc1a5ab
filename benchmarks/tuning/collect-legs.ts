import { EngineUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { LegsResult, SearchEngine } from '../../search-engine/search-engine.ts';
import type { DatasetQuery } from '../relevance/read-dataset.ts';
import type { Fields } from './search-space.ts';

/** What both legs return for one query as deep as the space goes, by field weights. */
export interface CollectedQuery {
  readonly query: DatasetQuery;
  readonly legs: ReadonlyMap<string, LegsResult>;
}

export const fieldsKey = ({ title, text }: Fields): string => `${title}:${text}`;

const concurrency = 2;

/**
 * Runs both legs for each query, once for each weighting of the fields, and completes them, so that each fusion of fewer
 * candidates can be replayed.
 * @throws {EngineUnavailable} when a leg fails: what is left would be another configuration
 */
export async function collectLegs(
  ports: { readonly engine: SearchEngine; readonly model: EmbeddingModel },
  scope: Scope,
  queries: readonly DatasetQuery[],
  fieldWeights: readonly Fields[],
  candidates: number,
  onQuery: (done: number) => void,
): Promise<CollectedQuery[]> {
  const collected: CollectedQuery[] = new Array(queries.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < queries.length) {
      const at = next;
      next += 1;
      const query = queries[at]!;
      const vector = await ports.model.embedQuery(query.text);
      const legs = new Map<string, LegsResult>();
      for (const fields of fieldWeights) {
        const found = await ports.engine.find(scope, {
          lexical: { text: query.text, fields, candidates },
          dense: { vector, candidates },
          complete: true,
        });
        const failed = found.lexical?.failed ?? found.dense?.failed;
        if (failed !== undefined) {
          throw new EngineUnavailable(`Cannot tune on query "${query.queryId}": ${failed}`);
        }
        legs.set(fieldsKey(fields), found);
      }
      collected[at] = { query, legs };
      done += 1;
      onQuery(done);
    }
  };
  const workers = Array.from({ length: concurrency }, () =>
    work().catch((error: unknown) => {
      next = queries.length;
      throw error;
    }),
  );
  for (const outcome of await Promise.allSettled(workers)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
  return collected;
}
