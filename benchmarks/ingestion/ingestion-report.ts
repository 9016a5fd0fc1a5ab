/** How fast one way of writing was. */
export interface IngestionSeries {
  readonly name: string;
  readonly documents: number;
  readonly chunks: number;
  readonly seconds: number;
  readonly documentsPerSecond: number;
  readonly chunksPerSecond: number;
}

export interface IngestionReport {
  readonly benchmark: 'ingestion';
  readonly engine: 'sqlite' | 'opensearch';
  readonly dimensions: number;
  /** Vectors given: Braid's store, and bare bulk of the same chunks, in turns. */
  readonly givenVectors: {
    readonly braid: IngestionSeries;
    readonly bare: IngestionSeries;
    /** Braid's chunks a second to those of bare bulk. */
    readonly ratio: number;
  };
  /** The whole pipeline from text, and seconds of each of its stages, summed over documents in work at once. */
  readonly pipeline: IngestionSeries & { readonly stages: Readonly<Record<string, number>> };
  readonly memory: {
    /** Resident set of this process in MiB, sampled while vectors were written. */
    readonly samples: readonly number[];
    readonly peak: number;
    /** Mean of the last quarter minus that of the second, in MiB. */
    readonly growth: number;
    readonly isFlat: boolean;
  };
}
