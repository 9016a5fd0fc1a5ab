import { InvalidInput } from '../../domain/errors.ts';
import {
  eachJudgement,
  gatherJudgements,
  type Judgement,
  type Judgements,
  requireColumn,
  requireWhole,
} from './judgements.ts';

const header = 'query-id\tcorpus-id\tscore';

/**
 * Parses BEIR's judgements: `query-id`, `corpus-id` and a whole-number `score`, tab-separated, with or without the header.
 * @throws {InvalidInput} naming the line that is malformed, or that judges a pair a second time
 */
export function parseBeirQrels(text: string, file: string): Judgements {
  return gatherJudgements(readLines(text, file));
}

/** @throws {InvalidInput} for ids with a tab or line end, and for fractions */
export function formatBeirQrels(judgements: Judgements): string {
  const lines = [...eachJudgement(judgements)].map(({ queryId, documentId, grade }) =>
    [
      ...[queryId, documentId].map((id) => requireColumn(id, /[\t\r\n]/, "BEIR's judgements")),
      requireWhole(grade, "BEIR's judgements"),
    ].join('\t'),
  );
  return [header, ...lines, ''].join('\n');
}

function* readLines(text: string, file: string): Generator<Judgement> {
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || (at === 0 && line.startsWith('query-id\t'))) continue;
    const place = `${file}:${at + 1}`;
    const [queryId, documentId, score, ...rest] = line.split('\t');
    if (!queryId || !documentId || score === undefined || rest.length > 0 || !/^-?\d+$/.test(score)) {
      throw new InvalidInput(
        'dataset',
        `Expected ${place} to be query id, document id and a whole number, tab-separated, got ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    yield { queryId, documentId, grade: Number(score), place };
  }
}
