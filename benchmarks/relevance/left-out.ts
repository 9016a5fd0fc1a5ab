import type { IngestReport } from '../../domain/ingest.ts';
import type { Dataset } from './read-dataset.ts';

/** What figures leave out or count as not found, by id. */
export interface LeftOut {
  readonly queriesWithoutJudgements: readonly string[];
  readonly judgedQueriesWithoutText: readonly string[];
  readonly judgedDocumentsOutsideCorpus: readonly string[];
  /** Judged documents that the pipeline refused. */
  readonly judgedDocumentsRefused: readonly string[];
  /** As `query/document`; they count as not relevant. */
  readonly negativeGrades: readonly string[];
}

type Joined = Pick<Dataset, 'queries' | Exclude<keyof LeftOut, 'judgedDocumentsRefused'>>;

/**
 * Gathers what is left out of one split, or of several that are used together: what another of them measures is not.
 * @param ingest absent for an index of one's own
 */
export function leftOutOf(splits: readonly Joined[], ingest?: Pick<IngestReport, 'refusals'>): LeftOut {
  const measured = new Set(splits.flatMap(({ queries }) => queries.map(({ queryId }) => queryId)));
  const judged = new Set(
    splits.flatMap(({ queries }) => queries.flatMap(({ grades }) => [...grades.keys()])),
  );
  const all = (of: (split: Joined) => readonly string[]) => [...new Set(splits.flatMap(of))];
  const isNotMeasured = (queryId: string) => !measured.has(queryId);
  return {
    queriesWithoutJudgements: all((split) => split.queriesWithoutJudgements).filter(isNotMeasured),
    judgedQueriesWithoutText: all((split) => split.judgedQueriesWithoutText).filter(isNotMeasured),
    judgedDocumentsOutsideCorpus: all((split) => split.judgedDocumentsOutsideCorpus),
    judgedDocumentsRefused: (ingest?.refusals ?? [])
      .map(({ name }) => name)
      .filter((name) => judged.has(name)),
    negativeGrades: all((split) => split.negativeGrades),
  };
}

/** The same in sentences, one for each that there is, with the first ids of each. */
export function notesOn(left: LeftOut): string[] {
  return [
    ...named(left.queriesWithoutJudgements, 'queries without a relevant document are left out of every mean'),
    ...named(left.judgedQueriesWithoutText, 'judged queries without a text are left out'),
    ...named(left.judgedDocumentsOutsideCorpus, 'judged documents outside of the index count as not found'),
    ...named(
      left.judgedDocumentsRefused,
      'judged documents were refused when they were indexed and count as not found',
    ),
    ...named(left.negativeGrades, 'judgements below 0 count as not relevant'),
  ];
}

/** A sentence of how many there are and which, none where there is none. */
export function named(ids: readonly string[], what: string): string[] {
  if (ids.length === 0) return [];
  return [`${ids.length} ${what}: ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}.`];
}
