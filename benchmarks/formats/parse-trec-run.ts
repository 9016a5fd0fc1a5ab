import { InvalidInput } from '../../domain/errors.ts';
import { numberOf } from './judgements.ts';
import { gatherRun, type Run, type ScoredDocument } from './run.ts';

/**
 * Parses a TREC run: `query Q0 document rank score tag`, white space between.
 * @throws {InvalidInput} naming the line that is malformed, whose score is no number, or that repeats a document
 */
export function parseTrecRun(text: string, file: string): Run {
  return gatherRun(readLines(text, file), file);
}

function* readLines(text: string, file: string): Generator<ScoredDocument> {
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const place = `${file}:${at + 1}`;
    const columns = line.trim().split(/\s+/);
    const [queryId, , documentId, , score] = columns;
    if (!queryId || !documentId || score === undefined || columns.length > 6) {
      throw new InvalidInput(
        'run',
        `Expected ${place} to be query, Q0, document, rank, score and tag, got ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    yield { queryId, documentId, score: numberOf(score), place };
  }
}
