/** One step of the rate: what each target did under it. */
export interface RateReport {
  /** Requests a second, all targets together. */
  readonly rate: number;
  readonly seconds: number;
  readonly sent: number;
  /** Requests that left later than intended by more than `lateMs`. */
  readonly late: number;
  /** More than 1 % were late: the figures say more of the machine that measures than of what is measured. */
  readonly isRejected: boolean;
  /** The targets did not finish what came: the rate is at or above saturation. */
  readonly isSaturated: boolean;
  readonly series: readonly LatencySeries[];
}

/** One target's latencies, from the moment that a request was due. */
export interface LatencySeries {
  readonly name: string;
  /** Answers; latencies are theirs alone. */
  readonly count: number;
  /** Requests that failed or were refused. */
  readonly errors: number;
  readonly errorReasons: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly maximum: number;
  readonly percentiles: readonly { readonly percentile: number; readonly ms: number }[];
}

/** Milliseconds of one stage over the searches of a step. */
export interface StageReport {
  readonly stage: string;
  readonly p50: number;
  readonly p95: number;
  readonly mean: number;
}

export interface RecallReport {
  /** Share of the tenant's chunks that the filter lets through. */
  readonly selectivity: number;
  readonly queries: number;
  readonly k: number;
  /** Share of the exact nearest that were found, 0 to 1; the mean. */
  readonly recall: number;
  readonly worst: number;
  /** Queries that returned fewer than k, or than there are. */
  readonly short: number;
}

export interface LatencyReport {
  readonly benchmark: 'latency';
  readonly verdict: string;
  readonly engine: 'sqlite' | 'opensearch';
  /** Whether Braid is called in this process or over HTTP in one of its own. */
  readonly over: 'library' | 'http';
  readonly corpus: {
    readonly chunks: number;
    readonly tenants: number;
    readonly largestTenant: number;
    readonly smallestTenant: number;
    readonly dimensions: number;
  };
  readonly selectivities: readonly number[];
  readonly warmUpSeconds: number;
  readonly lateMs: number;
  readonly rates: readonly RateReport[];
  /** The highest rate that was not saturated; null where none was. */
  readonly saturation: { readonly sustained: number | null; readonly saturatedAt: number | null };
  /** Of the first step that was not rejected. */
  readonly stages: readonly StageReport[];
  /** One search after the other, nothing beside it. */
  readonly alone: {
    readonly braid: AloneReport;
    readonly floor: AloneReport;
    /** Of Braid with the query's vector kept, to the floor; `cpu` is null where no CPU time was seen. */
    readonly ratio: { readonly p50: number; readonly cpu: number | null };
  };
  readonly recall: readonly RecallReport[];
  /** What the floor does, in words, and its request. */
  readonly floor: string;
}

export interface AloneReport {
  readonly queries: number;
  readonly p50: number;
  readonly p95: number;
  /** Of the same queries asked again: their vectors are kept and nothing is embedded. */
  readonly p50WithoutEmbedding: number;
  /**
   * A search's, of the process that searches and its threads: over HTTP the server's, else this one's. An engine in another
   * process is not in it. Embedding is, and is said apart.
   */
  readonly cpuMs: number;
  /** What of it goes when the same queries are asked again. */
  readonly embeddingCpuMs: number;
}
