import { parse } from 'csv-parse/sync';
import { InvalidInput } from '../../domain/errors.ts';
import { eachJudgement, gatherJudgements, type Judgement, type Judgements, numberOf } from './judgements.ts';

const header = ['query', 'docid', 'rating'];

/**
 * Parses Quepid's ratings ("basic" export and import): CSV with the header `query,docid,rating`. The query's text is its
 * id. A row without a rating is a document that nobody judged and is left out; its query stays.
 * @throws {InvalidInput} naming the line that is malformed, or that judges a pair a second time
 */
export function parseQuepidRatings(text: string, file: string): Judgements {
  const rows = parseCsv(text, file);
  const queries = rows.flatMap(({ row: [query] }) => query || []);
  return gatherJudgements(readRows(rows, file), queries);
}

/** Writes Quepid's ratings; each query's id stands as its text. */
export function formatQuepidRatings(judgements: Judgements): string {
  const rows = [...eachJudgement(judgements)].map(({ queryId, documentId, grade }) => [
    queryId,
    documentId,
    String(grade),
  ]);
  return [header, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');
}

function* readRows(rows: ReturnType<typeof parseCsv>, file: string): Generator<Judgement> {
  for (const { row, line } of rows) {
    const place = `${file}:${line}`;
    const [queryId, documentId, rating] = row;
    if (rating?.trim() === '' && queryId) continue;
    if (!queryId || !documentId || rating === undefined || !Number.isFinite(numberOf(rating))) {
      throw new InvalidInput(
        'judgements',
        `Expected ${place} to be query, docid and a number, got ${JSON.stringify(row).slice(0, 100)}`,
      );
    }
    yield { queryId, documentId, grade: numberOf(rating), place };
  }
}

function parseCsv(text: string, file: string): { row: string[]; line: number }[] {
  let rows: { record: string[]; info: { lines: number } }[];
  try {
    // Typed for records alone; with `info` each comes with its place.
    rows = parse(text, { info: true, bom: true, skip_empty_lines: true }) as never;
  } catch (error) {
    throw new InvalidInput('judgements', `Cannot read ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const names = rows[0]?.record.map((name) => name.trim().toLowerCase()).join();
  if (names !== header.join()) {
    throw new InvalidInput(
      'judgements',
      `Expected ${file} to begin with ${header.join()}, got ${names ?? 'nothing'}`,
    );
  }
  return rows.slice(1).map(({ record, info }) => ({ row: record, line: info.lines }));
}

function quoted(value: string): string {
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
