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

/** The same in sentences, one for each that there is. */
export function notesOn(left: LeftOut): string[] {
  const counted = (ids: readonly string[], what: string) =>
    ids.length === 0 ? [] : [`${ids.length} ${what}`];
  return [
    ...counted(
      left.queriesWithoutJudgements,
      'queries have no relevant document and are left out of every mean.',
    ),
    ...counted(left.judgedQueriesWithoutText, 'judged queries have no text and are left out.'),
    ...counted(
      left.judgedDocumentsOutsideCorpus,
      'judged documents are not in the index; they count as not found.',
    ),
    ...counted(
      left.judgedDocumentsRefused,
      'judged documents were refused when they were indexed; they count as not found.',
    ),
    ...counted(left.negativeGrades, 'judgements are below 0 and count as not relevant.'),
  ];
}
