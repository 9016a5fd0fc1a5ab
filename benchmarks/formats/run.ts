import { InvalidInput } from '../../domain/errors.ts';
import { compareUtf8 } from '../../domain/text-order.ts';
import type { RankedDocument } from './trec-run.ts';

/** Rankings by query id, each best first. */
export type Run = ReadonlyMap<string, readonly RankedDocument[]>;

/** One line of a run, and where it stands, for messages. */
export interface ScoredDocument extends RankedDocument {
  readonly queryId: string;
  readonly place: string;
}

/**
 * Gathers a run's lines and orders each query's documents as trec_eval does: by score in single precision, equal scores
 * by document id falling (bytes). The ranks that a file names are not read.
 * @throws {InvalidInput} for a run without a line, a score that is no finite number, and a document that comes twice
 */
export function gatherRun(given: Iterable<ScoredDocument>, file: string): Run {
  const queries = new Map<string, Map<string, number>>();
  for (const { queryId, documentId, score, place } of given) {
    if (!Number.isFinite(score)) {
      throw new InvalidInput('run', `Expected the score of ${place} to be a finite number, got ${score}`);
    }
    const scores = queries.get(queryId) ?? new Map<string, number>();
    if (scores.has(documentId)) {
      throw new InvalidInput('run', `Expected a document once a query, ${place} has "${documentId}" again`);
    }
    scores.set(documentId, score);
    queries.set(queryId, scores);
  }
  if (queries.size === 0) throw new InvalidInput('run', `Expected ${file} to hold a run, got nothing`);
  return new Map(
    [...queries].map(([queryId, scores]) => [
      queryId,
      [...scores]
        .map(([documentId, score]) => ({ documentId, score }))
        .sort(
          (left, right) =>
            Math.fround(right.score) - Math.fround(left.score) ||
            compareUtf8(right.documentId, left.documentId),
        ),
    ]),
  );
}
