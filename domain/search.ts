import type { CalendarInterval } from './calendar.ts';
import type { Chunk, ParentChunk } from './chunk.ts';
import type { Filter } from './filter.ts';
import type { HiddenTextFlag } from './hidden-text.ts';
import type { DuplicateHit } from './ranking.ts';
import type { ShownDocument } from './shown-document.ts';
import type { ModelUsage } from './usage.ts';

export type LexicalField = 'title' | 'text';
export type FusionMethod = 'linear' | 'rrf' | 'log_odds';
export type Normalization = 'min_max' | 'theoretical_min_max' | 'l2' | 'z_score';
export type LegName = 'lexical' | 'dense';

/** p = 1 / (1 + e^(−slope · (score − midpoint))): `midpoint` a score of the leg, finite, `slope` above 0. */
export interface LegCalibration {
  readonly midpoint: number;
  readonly slope: number;
}

/** Depends on engine, embedding model, fields and corpus; see `estimateCalibration`. */
export type Calibration = Readonly<Record<LegName, LegCalibration>>;

/**
 * What a caller may ask. Every field but `query` has a default; an unknown field is refused. Where `false` may stand, it
 * does without what the defaults of the configuration ask for.
 */
export interface SearchRequest {
  /** 1 to 4,000 characters. */
  readonly query: string;
  /** Hits a page, 1 to 1,000. @default 10 */
  readonly topK?: number;
  readonly filter?: Filter;
  readonly lexical?: {
    /** ≥ 0, finite; 0 turns the leg off. @default 0.5 */
    readonly weight?: number;
    /** topK to 10,000. @default max(100, topK) */
    readonly candidates?: number;
    /** Field weights, 0 to 100; 0 leaves a field out, at least one is above 0. @default { title: 1, text: 1 } */
    readonly fields?: Partial<Record<LexicalField, number>>;
  };
  readonly dense?: {
    /** ≥ 0, finite; 0 turns the leg off, and the query is not embedded. @default 0.5 */
    readonly weight?: number;
    /** topK to 10,000. @default max(100, topK) */
    readonly candidates?: number;
  };
  readonly fusion?: {
    /** @default "linear" */
    readonly method?: FusionMethod;
    /** Linear only. @default "min_max" */
    readonly normalization?: Normalization;
    /** RRF only, 1 to 10,000. @default 60 */
    readonly rankConstant?: number;
    /** Needed by log-odds, and for it only: how each leg's scores become probabilities. */
    readonly calibration?: Calibration;
  };
  /**
   * A hit that one leg alone found gets its true score of the other leg, so that the order hardly depends on
   * `candidates`. Refused with RRF, which uses ranks. @default false
   */
  readonly complete?: boolean;
  readonly rerank?:
    | {
        /** Id of a configured reranking model. */
        readonly model: string;
        /** How many fused hits are reranked, topK to 1,000. @default max(50, topK) */
        readonly candidates?: number;
        /** Metadata that the model reads in front of each text, one `key: value` a line; 1 to 10 keys. @default none */
        readonly metadataFields?: readonly string[];
      }
    | false;
  /**
   * Searches once more with the query's vector moved towards the mean vector of the first hits (Rocchio). Needs the dense
   * leg; costs a second search.
   */
  readonly feedback?:
    | {
        /** Share of the mean in the new vector, above 0 to 1. @default 0.4 */
        readonly weight?: number;
        /** How many of the first hits, 1 to 20. @default 3 */
        readonly hits?: number;
      }
    | false;
  /** Added to the fused score, of the first 1,000 hits. At most 10. Refused with RRF. */
  readonly boosts?: readonly BoostRequest[];
  /** Orders hits by maximal marginal relevance. */
  readonly diversity?:
    | {
        /** 1: relevance alone, 0: unlikeness alone. */
        readonly lambda: number;
        /** How many of the first hits are ordered, topK to 1,000. @default max(50, topK) */
        readonly candidates?: number;
      }
    | false;
  /** Folds hits that are nearly the same into the best of them. */
  readonly duplicates?:
    | {
        /** Least cosine of two hits that are one, 0.5 to 1. */
        readonly similarity: number;
        /** How many of the first hits are compared, topK to 1,000. @default max(50, topK) */
        readonly candidates?: number;
      }
    | false;
  /** One hit a document: its best chunk. */
  readonly collapse?: 'document' | false;
  /** Hits of hierarchical chunks carry their parent's text. */
  readonly expand?: 'parent';
  /** Marks the words of each hit that the query matches. @default false */
  readonly highlight?: boolean;
  /** At most 20, those inside others included. */
  readonly facets?: readonly FacetRequest[];
  /** Hits below are left out. `fused` is refused with RRF, whose scores are no measure of relevance. */
  readonly minimumScore?: { readonly on: 'dense' | 'fused' | 'rerank'; readonly value: number };
  /** From the previous page's `cursor`, with an otherwise equal request. */
  readonly cursor?: string;
}

/** Adds weight · value to the fused score, where the value goes from 0 to 1. `weight` −10 to 10. */
export type Boost =
  /** 2^(−age / halfLifeDays) of a date: ISO 8601, or milliseconds since 1970. */
  | {
      readonly weight: number;
      readonly recency: { readonly key: string; readonly halfLifeDays: number; readonly origin: string };
    }
  /** n / (n + pivot) of a number above 0. */
  | { readonly weight: number; readonly saturation: { readonly key: string; readonly pivot: number } }
  /** 1 where the value is that, or a list has it. */
  | {
      readonly weight: number;
      readonly equals: { readonly key: string; readonly value: string | number | boolean };
    };

/** A Boost whose recency counts from the start of the current day (UTC) unless it says from when. */
export type BoostRequest =
  | Exclude<Boost, { readonly recency: unknown }>
  | {
      readonly weight: number;
      readonly recency: { readonly key: string; readonly halfLifeDays: number; readonly origin?: string };
    };

/** Queries that are told apart by their form: see `classifyQuery`. */
export type QueryClass = (typeof queryClasses)[number];

export const queryClasses = ['short', 'long', 'quoted', 'code'] as const;

/** What holds for searches that say nothing else. What one query alone can want is not here. */
export type SearchDefaults = Pick<
  SearchRequest,
  | 'lexical'
  | 'dense'
  | 'fusion'
  | 'complete'
  | 'feedback'
  | 'boosts'
  | 'rerank'
  | 'diversity'
  | 'duplicates'
  | 'collapse'
>;

/** Defaults of searches, for all, by class of query, and by tenant; the more particular wins, the request over all. */
export interface SearchSettings {
  readonly defaults?: SearchDefaults;
  readonly classes?: Readonly<Partial<Record<QueryClass, SearchDefaults>>>;
  readonly tenants?: Readonly<Record<string, Omit<SearchSettings, 'tenants'>>>;
}

/**
 * Counts over distinct documents that pass scope and filter (and match the text, where the dense weight is 0). The
 * `facets` of a facet count within each of its buckets, to a depth of 3.
 */
export type FacetRequest =
  /** The most frequent values of a key: strings, members of lists, numbers, booleans. `size` 1 to 1,000, @default 10 */
  | ({ readonly key: string; readonly size?: number } & WithinBuckets)
  /** Numbers in buckets of this width, from 0; empty buckets are left out, and those that begin beyond a double. */
  | ({ readonly key: string; readonly histogram: number } & WithinBuckets)
  /** Numbers below the first bound, between neighbours (lower bound included), from the last on. 1 to 100 rising bounds. */
  | ({ readonly key: string; readonly ranges: readonly number[] } & WithinBuckets)
  /** Dates by periods of the calendar; empty periods are left out. See `createCalendarPeriod` for what is a date. */
  | ({ readonly key: string; readonly dates: DatePeriods } & WithinBuckets)
  | { readonly key: string; readonly statistics: true };

interface WithinBuckets {
  readonly facets?: readonly FacetRequest[];
}

export interface DatePeriods {
  readonly interval: CalendarInterval;
  /** A name of the IANA database with an area, `UTC`, or an offset as `+05:30`. @default "UTC" */
  readonly timeZone?: string;
}

export type FacetResult =
  /** By count falling, then by type (boolean, number, string) and value; strings by UTF-8 bytes. */
  | {
      readonly key: string;
      readonly values: readonly ({ readonly value: string | number | boolean } & FacetBucket)[];
    }
  | { readonly key: string; readonly histogram: readonly ({ readonly from: number } & FacetBucket)[] }
  | {
      readonly key: string;
      readonly ranges: readonly ({ readonly from?: number; readonly to?: number } & FacetBucket)[];
    }
  /** Rising; `from` is the period's first day, `YYYY-MM-DD`. */
  | { readonly key: string; readonly dates: readonly ({ readonly from: string } & FacetBucket)[] }
  | {
      readonly key: string;
      /**
       * Over the documents whose value is a number; `minimum`, `maximum`, `mean` are absent where there is none. A sum
       * beyond the range of a double is the greatest double.
       */
      readonly statistics: {
        readonly documents: number;
        readonly minimum?: number;
        readonly maximum?: number;
        readonly mean?: number;
        readonly sum: number;
      };
    };

export interface FacetBucket {
  readonly documents: number;
  /** In the order of the request's `facets`; absent where it has none. */
  readonly facets?: readonly FacetResult[];
}

/** A request with every default filled in: what was really done. */
export interface ResolvedSearchRequest {
  readonly query: string;
  readonly topK: number;
  readonly filter?: Filter;
  readonly lexical: {
    readonly weight: number;
    readonly candidates: number;
    readonly fields: Readonly<Record<LexicalField, number>>;
  };
  readonly dense: { readonly weight: number; readonly candidates: number };
  readonly fusion:
    | { readonly method: 'linear'; readonly normalization: Normalization }
    | { readonly method: 'rrf'; readonly rankConstant: number }
    | { readonly method: 'log_odds'; readonly calibration: Calibration };
  readonly complete: boolean;
  readonly feedback?: { readonly weight: number; readonly hits: number };
  readonly boosts: readonly Boost[];
  readonly rerank?: {
    readonly model: string;
    readonly candidates: number;
    readonly metadataFields?: readonly string[];
  };
  readonly diversity?: { readonly lambda: number; readonly candidates: number };
  readonly duplicates?: { readonly similarity: number; readonly candidates: number };
  readonly collapse?: 'document';
  readonly expand?: 'parent';
  readonly highlight: boolean;
  readonly facets: readonly FacetRequest[];
  readonly minimumScore?: { readonly on: 'dense' | 'fused' | 'rerank'; readonly value: number };
  readonly cursor?: string;
}

/** Where a hit's score comes from. */
export interface Breakdown {
  readonly lexical?: LegContribution;
  readonly dense?: LegContribution;
  readonly fused: { readonly score: number; readonly rank: number };
  /** The fused score with its boosts; `boosts` are what each added, in the order of the request. */
  readonly boosted?: { readonly score: number; readonly rank: number; readonly boosts: readonly number[] };
  readonly rerank?: { readonly score: number; readonly rank: number };
  /** The score of maximal marginal relevance, and the greatest cosine to a hit before this one, at least 0. */
  readonly diversified?: { readonly score: number; readonly rank: number; readonly similarity: number };
}

/**
 * `rank` is null where the leg did not return the hit, and so is `score` unless the leg was completed: without a score the
 * leg contributes its lowest normalised one.
 */
export interface LegContribution {
  readonly rank: number | null;
  readonly score: number | null;
  /** Linear: the normalised score; RRF: 1 / (rankConstant + rank), 0 where there is no rank; log-odds: these. */
  readonly normalized: number;
  readonly weight: number;
  readonly contribution: number;
}

export interface Hit extends Omit<ShownDocument, 'version' | 'flags'> {
  readonly rank: number;
  /** The reranker's score where one ran, else the boosted score, else the fused score. */
  readonly score: number;
  readonly documentId: string;
  readonly version: string;
  readonly chunk: Omit<Chunk, 'documentId'>;
  readonly parent?: ParentChunk;
  /** Ranges of `chunk.text` that the query's words match, [start, end), UTF-16 code units, rising. */
  readonly highlights?: readonly (readonly [number, number])[];
  /**
   * What its text holds, or parsing took out of its document, that no reader sees, and no model is shown; absent where
   * there is nothing.
   */
  readonly flags?: readonly HiddenTextFlag[];
  readonly breakdown: Breakdown;
  /** Hits that were folded into this one, best first; where `duplicates` was asked for. */
  readonly duplicates?: readonly DuplicateHit[];
}

/** Something that failed and was done without. */
export interface Degradation {
  readonly stage:
    | 'embed'
    | 'lexical'
    | 'dense'
    | 'feedback'
    | 'rerank'
    | 'rewrite'
    | 'generate'
    | 'guardrail'
    | 'session';
  readonly reason: string;
}

export interface SearchResponse {
  /** The whole request as it was carried out. */
  readonly request: ResolvedSearchRequest;
  readonly results: readonly Hit[];
  readonly facets: readonly FacetResult[];
  /** Absent on the last page. */
  readonly cursor?: string;
  /** The class of the query whose settings were applied; absent where none were. */
  readonly queryClass?: QueryClass;
  /** What the models used for this reply. */
  readonly usage: readonly ModelUsage[];
  /** Milliseconds of each stage that ran, and `total`. */
  readonly timings: Readonly<Record<string, number>>;
  readonly degraded: readonly Degradation[];
}
