import { basename } from 'node:path';
import { readText } from './judgement-formats.ts';
import { parseTrecRun } from './parse-trec-run.ts';
import { formatRanxRun, parseRanxRun } from './ranx.ts';
import type { Run } from './run.ts';
import { formatTrecRun } from './trec-run.ts';

/** Runs by the tool that they come from or go to. */
export const runFormats = {
  'trec-run': {
    parse: parseTrecRun,
    format: (run: Run, tag: string): string =>
      [...run].map(([queryId, ranking]) => formatTrecRun(queryId, ranking, tag)).join(''),
  },
  'ranx-run': { parse: parseRanxRun, format: (run: Run): string => formatRanxRun(run) },
} as const;

export type RunFormatName = keyof typeof runFormats;

/** Reads a run in either format. @throws {InvalidInput} */
export async function readRunFile(file: string): Promise<Run> {
  const text = await readText(file);
  const format = text.trimStart().startsWith('{') ? 'ranx-run' : 'trec-run';
  return runFormats[format].parse(text, basename(file));
}
