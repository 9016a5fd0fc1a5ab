import { readFile } from 'node:fs/promises';
import { InvalidInput } from '../../domain/errors.ts';
import { isObject } from '../formats/judgements.ts';
import type { DetailedReport } from '../relevance/relevance-report.ts';
import type { BenchmarkReport } from './report-parts.ts';
import { reportSchemas } from './report-schemas.ts';

type Kind = BenchmarkReport['benchmark'];

/**
 * Reads what a benchmark wrote, one report or a written collection of them. What an older report lacks counts as empty.
 * @throws {InvalidInput} for anything else, naming the field
 */
export async function readReports(file: string): Promise<BenchmarkReport[]> {
  const given = await readJson(file);
  if (!isObject(given) || !Array.isArray(given.reports)) return [checkReport(file, '', given)];
  return given.reports.map((report, at) => checkReport(file, `reports.${at}`, report));
}

/**
 * Reads the one report of `bench relevance --runs-out`.
 * @throws {InvalidInput} for anything else, naming the field
 */
export async function readRelevanceReport(file: string): Promise<DetailedReport> {
  const report = checkReport(file, '', await readJson(file));
  if (report.benchmark !== 'relevance') {
    throw new InvalidInput(
      'report',
      `Expected ${file} to be a report.json of bench relevance --runs-out, got one of bench ${commandOf(report.benchmark)}`,
    );
  }
  return report;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InvalidInput('report', `Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** @param place of the report in the file, `` for the whole of it */
function checkReport(file: string, place: string, given: unknown): BenchmarkReport {
  const kind = isObject(given) ? given.benchmark : undefined;
  if (!isKind(kind)) {
    const field = [place, 'benchmark'].filter((part) => part !== '').join('.');
    throw new InvalidInput(
      'report',
      `Expected ${file} to be the report of a benchmark: ${field} to be one of ${Object.keys(reportSchemas).join(', ')}, got ${shown(kind)}`,
    );
  }
  if (kind === 'relevance' && !Object.hasOwn(given as object, 'perQuery')) {
    throw new InvalidInput(
      'report',
      `Expected ${file} to have each query's values: give the report.json that --runs-out wrote`,
    );
  }
  const checked = reportSchemas[kind].safeParse(given);
  if (checked.success) return checked.data as object as BenchmarkReport;
  const issue = checked.error.issues[0]!;
  const field = [...(place === '' ? [] : [place]), ...issue.path.map(String)].join('.');
  const wanted =
    issue.code === 'custom'
      ? issue.message
      : issue.code === 'invalid_type'
        ? `to be of type ${issue.expected}, got ${shown(valueAt(given, issue.path))}`
        : `to be as bench ${commandOf(kind)} writes it (${issue.message})`;
  throw new InvalidInput('report', `Expected ${field} of ${file} ${wanted}`);
}

function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(reportSchemas, kind);
}

function commandOf(kind: Kind): string {
  return kind === 'tuning' ? 'tune' : kind;
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null)?.[key], given);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}
