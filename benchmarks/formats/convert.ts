import { basename } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import { type JudgementFormat, judgementFormats, readText } from './judgement-formats.ts';
import type { Judgements } from './judgements.ts';
import { runFormats } from './run-formats.ts';
import { formatWorkbenchQueries, parseWorkbenchQueries } from './workbench.ts';

export type FormatName = keyof typeof judgementFormats | keyof typeof runFormats | QueryFormat;
type QueryFormat = 'beir-queries' | 'workbench-queries';

/** Texts by query id, in order. */
export type QueryTexts = ReadonlyMap<string, string>;

export const formatNames: readonly FormatName[] = [
  ...(Object.keys(judgementFormats) as (keyof typeof judgementFormats)[]),
  ...(Object.keys(runFormats) as (keyof typeof runFormats)[]),
  'beir-queries',
  'workbench-queries',
];

/**
 * Brings a file of judgements, of a run or of queries from one format into another, without loss: what the other
 * format cannot hold is refused.
 *
 * Quepid and the workbench know a query by its text. With `queries`, ids become texts on the way there and texts ids on
 * the way back; without, the id stands where the text would.
 * @throws {InvalidInput}
 */
export async function convertFile(
  file: string,
  from: FormatName,
  to: FormatName,
  queries?: QueryTexts,
): Promise<string> {
  const text = await readText(file);
  const name = basename(file);
  if (from in judgementFormats && to in judgementFormats) {
    const source: JudgementFormat = judgementFormats[from as keyof typeof judgementFormats];
    const target: JudgementFormat = judgementFormats[to as keyof typeof judgementFormats];
    return target.format(renameQueries(source.parse(text, name), source, target, queries));
  }
  if (from in runFormats && to in runFormats) {
    const run = runFormats[from as keyof typeof runFormats].parse(text, name);
    return runFormats[to as keyof typeof runFormats].format(run, name.replace(/\.[^.]*$/, ''));
  }
  if (from === 'workbench-queries' && to === 'beir-queries') {
    const ids = queries === undefined ? undefined : idsByText(queries);
    return parseWorkbenchQueries(text, name)
      .map((query) => `${JSON.stringify({ _id: renamed(query, ids), text: query })}\n`)
      .join('');
  }
  if (from === 'beir-queries' && to === 'workbench-queries') {
    const texts = [...parseQueryTexts(text, name).values()];
    // The workbench knows a query by its text: two with one text would become one.
    return formatWorkbenchQueries(parseWorkbenchQueries(formatWorkbenchQueries(texts), name));
  }
  throw new InvalidInput('to', `Cannot convert ${from} into ${to}: they hold different things`);
}

/** Parses `queries.jsonl` of BEIR. @throws {InvalidInput} */
export function parseQueryTexts(text: string, file: string): QueryTexts {
  const texts = new Map<string, string>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const place = `${file}:${at + 1}`;
    let query: { _id?: unknown; text?: unknown };
    try {
      query = JSON.parse(line) as typeof query;
    } catch (error) {
      throw new InvalidInput('queries', `Expected ${place} to be JSON: ${(error as Error).message}`);
    }
    const id = typeof query._id === 'number' ? String(query._id) : query._id;
    if (typeof id !== 'string' || id === '' || typeof query.text !== 'string') {
      throw new InvalidInput('queries', `Expected ${place} to have _id and text`);
    }
    if (texts.has(id))
      throw new InvalidInput('queries', `Expected ids to come once, ${place} has "${id}" again`);
    texts.set(id, query.text);
  }
  return texts;
}

function renameQueries(
  judgements: Judgements,
  source: JudgementFormat,
  target: JudgementFormat,
  queries: QueryTexts | undefined,
): Judgements {
  if (queries === undefined || source.isByText === target.isByText) return judgements;
  const names = source.isByText ? idsByText(queries) : queries;
  return new Map([...judgements].map(([query, grades]) => [renamed(query, names), grades]));
}

function renamed(query: string, names: QueryTexts | undefined): string {
  const name = names === undefined ? query : names.get(query);
  if (name === undefined)
    throw new InvalidInput('queries', `Expected --queries to have the query ${JSON.stringify(query)}`);
  return name;
}

/** @throws {InvalidInput} where two queries have one text */
export function idsByText(queries: QueryTexts): QueryTexts {
  const ids = new Map<string, string>();
  for (const [id, text] of queries) {
    const other = ids.get(text);
    if (other !== undefined) {
      throw new InvalidInput(
        'queries',
        `Expected each text once, queries "${other}" and "${id}" have the same: ${JSON.stringify(text)}`,
      );
    }
    ids.set(text, id);
  }
  return ids;
}
