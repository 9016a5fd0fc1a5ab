import type { QueryClass, SearchDefaults, SearchRequest, SearchSettings } from '../../domain/search.ts';
import type { LeftOut } from '../relevance/left-out.ts';
import type { Interval } from '../statistics/bootstrap-interval.ts';
import type { Judgement } from './judge-choice.ts';
import type { StepName } from './steps.ts';

export interface TuningReport {
  readonly benchmark: 'tuning';
  readonly verdict: string;
  readonly engine: string;
  readonly metric: string;
  readonly configurations: number;
  readonly isExhaustive: boolean;
  readonly seconds: { readonly collect: number; readonly replay: number };
  readonly datasets: readonly {
    readonly name: string;
    readonly training: number;
    readonly heldOut: number | null;
    /** Ids of training queries that stand among the test queries too: no choice is made by them. */
    readonly leftOutOfTraining: readonly string[];
    readonly leftOut: LeftOut;
  }[];
  readonly baseline: DescribedPoint;
  readonly chosen: DescribedPoint;
  /** With the highest mean on training queries; what it has over the chosen one cannot be told from luck. */
  readonly best: DescribedPoint;
  /** How many configurations cannot be told from the best. */
  readonly flat: number;
  readonly judgement: Judgement;
  /** How many other comparisons the same queries had made before; alpha is divided for them. */
  readonly earlierLooks: number;
  readonly crossValidated: readonly Gain[];
  readonly leaveOneSetOut: readonly (Gain & { readonly chosen: string })[];
  /** Over the sets that were left out, each counting the same; absent for a single set. */
  readonly leftOutPooled?: Pick<Judgement, 'difference' | 'interval' | 'pValue' | 'worse'>;
  readonly classes: readonly ClassReport[];
  /** What was tried after the legs; empty where that was not asked for. */
  readonly steps: readonly StepReport[];
  /** Means on training queries by weight, for the chosen candidates, fields and completion. */
  readonly surface: readonly SurfacePoint[];
  /** Queries searched as they are, to check what was replayed. */
  readonly checked: Checked;
  readonly notReplayed: readonly string[];
  /** What a reader of the figures must know, in words. */
  readonly notes: readonly string[];
  /** Absent where nothing was proven. */
  readonly settings?: SearchSettings;
  /** Where these were written. */
  readonly out?: string;
}

export interface DescribedPoint {
  readonly description: string;
  readonly settings: SearchDefaults;
  /** On training queries, the mean over datasets. */
  readonly mean: number;
}

export interface Gain {
  readonly dataset: string;
  readonly queries: number;
  readonly difference: number;
  readonly interval: Interval;
}

export interface ClassReport {
  readonly class: QueryClass;
  readonly training: number;
  /** Why it was not tuned, or what came of it. */
  readonly verdict: string;
  readonly chosen?: string;
  readonly judgement?: Judgement;
  readonly adjustedPValue?: number;
}

export interface StepReport {
  readonly step: StepName;
  /** Training queries that took part. */
  readonly training: number;
  /** What each way of the step gave on them, beside doing without; each set counts the same. */
  readonly tried: readonly {
    readonly description: string;
    readonly mean: number;
    readonly difference: number;
    readonly interval: Interval;
  }[];
  readonly verdict: string;
  /** Absent where nothing was worth a judgement. */
  readonly chosen?: string;
  readonly judgement?: Judgement;
  readonly adjustedPValue?: number;
  /** What a request says to have it, where it is proven. */
  readonly request?: Partial<SearchRequest>;
}

export interface SurfacePoint {
  readonly fusion: string;
  readonly lexicalWeight: number;
  readonly mean: number;
  readonly isFlat: boolean;
  readonly isChosen: boolean;
}

/** How many searches gave another value than the replay, and by how much at most. */
export interface Checked {
  readonly queries: number;
  readonly differing: number;
  readonly largest: number;
}
