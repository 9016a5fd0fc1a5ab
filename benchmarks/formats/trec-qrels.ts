import { InvalidInput } from '../../domain/errors.ts';
import {
  eachJudgement,
  gatherJudgements,
  type Judgement,
  type Judgements,
  requireColumn,
  requireWhole,
} from './judgements.ts';

/**
 * Parses TREC's qrels: `query iteration document grade`, white space between; the iteration is not kept, since
 * nothing reads it (trec_eval's manual: "currently ignored").
 * @throws {InvalidInput} naming the line that is malformed, or that judges a pair a second time
 */
export function parseTrecQrels(text: string, file: string): Judgements {
  return gatherJudgements(readLines(text, file));
}

/** @throws {InvalidInput} for ids with white space, and for fractions */
export function formatTrecQrels(judgements: Judgements): string {
  return [...eachJudgement(judgements)]
    .map(({ queryId, documentId, grade }) => {
      const [query, document] = [queryId, documentId].map((id) => requireColumn(id, /\s/, 'TREC qrels'));
      return `${query} 0 ${document} ${requireWhole(grade, 'TREC qrels')}\n`;
    })
    .join('');
}

function* readLines(text: string, file: string): Generator<Judgement> {
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const place = `${file}:${at + 1}`;
    const [queryId, , documentId, grade, ...rest] = line.trim().split(/\s+/);
    if (!queryId || !documentId || grade === undefined || rest.length > 0 || !/^-?\d+$/.test(grade)) {
      throw new InvalidInput(
        'judgements',
        `Expected ${place} to be query, iteration, document and a whole number, got ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    yield { queryId, documentId, grade: Number(grade), place };
  }
}
