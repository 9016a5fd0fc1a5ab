import type { IndexOptions } from '../benchmarks/relevance/benchmark-index.ts';
import type { Config } from '../config.ts';

/** Where a benchmark keeps the index of a dataset, and what makes it another, as the configuration says. */
export function indexOptions({ engine, data, ingest, models }: Config): IndexOptions {
  return { engine, data, recipe: { chunking: ingest.chunking, embedding: models.embedding } };
}
