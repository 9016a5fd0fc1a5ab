import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { SearchEngine } from '../../search-engine/search-engine.ts';
import type { IndexOptions, MeasuredBraid } from '../relevance/benchmark-index.ts';
import type { OwnIndex } from '../relevance/run-relevance-benchmark.ts';

/** The part of a Braid that tuning uses. */
export interface TunedBraid extends MeasuredBraid {
  readonly engine: SearchEngine;
  readonly embeddingModel: EmbeddingModel;
}

export interface TuneOptions extends IndexOptions {
  /** Folders in BEIR form; where one has a split `train`, choices are made on it and judged on the test queries. */
  readonly datasets?: readonly string[];
  /** A tenant's index as it stands. */
  readonly ownIndex?: OwnIndex;
  /** YAML file. @default defaultSpace */
  readonly space?: string;
  /** Tries so many configurations, drawn at random, instead of all. */
  readonly budget?: number;
  /** @default "ndcg@10" */
  readonly metric?: string;
  /** Tunes each class of queries that has so many training queries. @default none is tuned */
  readonly classQueries?: number;
  /** Tries what may follow the legs too, by searching; always where the file of the space names steps. */
  readonly steps?: boolean;
  /** Searches for steps at most. @default 20000 */
  readonly searches?: number;
  /** Where the winning settings are written. */
  readonly out?: string;
  readonly onProgress?: (state: string) => void;
}
