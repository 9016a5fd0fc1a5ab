import { EngineUnavailable } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { LegsResult, SearchEngine } from '../../search-engine/search-engine.ts';
import { mapQueries } from '../relevance/map-queries.ts';
import type { DatasetQuery } from '../relevance/read-dataset.ts';
import { type Fields, fieldsKey } from './search-space.ts';

/** What both legs return for one query as deep as the space goes, by field weights. */
export interface CollectedQuery {
  readonly query: DatasetQuery;
  readonly legs: ReadonlyMap<string, LegsResult>;
}

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
  const collect = async (query: DatasetQuery): Promise<CollectedQuery> => {
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
    return { query, legs };
  };
  return mapQueries(queries, collect, onQuery);
}
