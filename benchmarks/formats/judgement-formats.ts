import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import { formatBeirQrels, parseBeirQrels } from './beir-qrels.ts';
import type { Judgements } from './judgements.ts';
import { formatQuepidRatings, parseQuepidRatings } from './quepid-ratings.ts';
import { formatRanxQrels, parseRanxQrels } from './ranx.ts';
import { formatTrecQrels, parseTrecQrels } from './trec-qrels.ts';
import { formatWorkbenchJudgements, parseWorkbenchJudgements } from './workbench.ts';

export interface JudgementFormat {
  parse(text: string, file: string): Judgements;
  format(judgements: Judgements): string;
  /** The query's text stands in place of an id. */
  readonly isByText: boolean;
}

export type JudgementFormatName = keyof typeof judgementFormats;

/** Judgements by the tool that they come from or go to. */
export const judgementFormats = {
  beir: { parse: parseBeirQrels, format: formatBeirQrels, isByText: false },
  trec: { parse: parseTrecQrels, format: formatTrecQrels, isByText: false },
  quepid: { parse: parseQuepidRatings, format: formatQuepidRatings, isByText: true },
  workbench: { parse: parseWorkbenchJudgements, format: formatWorkbenchJudgements, isByText: true },
  ranx: { parse: parseRanxQrels, format: formatRanxQrels, isByText: false },
} as const satisfies Record<string, JudgementFormat>;

/**
 * Tells a judgement file's format by its ending and first characters.
 * @throws {InvalidInput} where it could be several
 */
export function detectJudgementFormat(text: string, file: string): JudgementFormatName {
  const start = text.slice(0, 2_000).trimStart();
  if (start.startsWith('{')) return /"judgmentRatings"/.test(text) ? 'workbench' : 'ranx';
  const [first = ''] = start.split(/\r?\n/);
  if (/^\uFEFF?query,docid,rating\s*$/i.test(first)) return 'quepid';
  if (first.split('\t').length === 3) return 'beir';
  if (first.trim().split(/\s+/).length === 4) return 'trec';
  throw new InvalidInput(
    'judgements',
    `Cannot tell the format of ${file}: expected one of ${Object.keys(judgementFormats).join(', ')}`,
  );
}

/** Reads a file of judgements in any of the formats. @throws {InvalidInput} */
export async function readJudgementFile(
  file: string,
  format?: JudgementFormatName,
): Promise<{ readonly judgements: Judgements; readonly format: JudgementFormatName }> {
  const text = await readText(file);
  const known = format ?? detectJudgementFormat(text, file);
  return { judgements: judgementFormats[known].parse(text, basename(file)), format: known };
}

/**
 * Reads a text without the byte order mark that spreadsheets write before it.
 * @throws {InvalidInput} naming the file that cannot be read
 */
export async function readText(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InvalidInput('file', `Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  });
  return text.replace(/^\uFEFF/, '');
}
