import { readFile } from 'node:fs/promises';
import { DocumentRefused, type RefusalReason } from '../../domain/errors.ts';
import { createParser, type Parser, type ParserSettings } from '../../ingest/parse.ts';
import { silentTelemetry } from '../../telemetry/telemetry.ts';
import { compareWords, type WordComparison } from './compare-words.ts';
import { findDocuments, type SampleDocument } from './find-documents.ts';

export interface ParsingReport {
  readonly documents: number;
  readonly parsed: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly refusals: readonly {
    readonly path: string;
    readonly reason: RefusalReason;
    readonly message: string;
  }[];
  readonly formats: readonly FormatReport[];
  /** Those with a reference, lowest recall first. */
  readonly compared: readonly (WordComparison & { readonly path: string })[];
  readonly seconds: number;
}

export interface FormatReport {
  readonly format: string;
  readonly documents: number;
  readonly parsed: number;
  /** How many of the parsed ones have a reference. */
  readonly compared: number;
  /** Over those with a reference. */
  readonly medianRecall?: number;
  readonly medianOrder?: number;
  readonly medianMs: number;
}

interface Outcome {
  readonly sample: SampleDocument;
  readonly milliseconds: number;
  readonly comparison?: WordComparison;
  readonly refusal?: DocumentRefused;
}

/**
 * Parses every document below the paths, one after another, and compares those that have a reference word by word.
 * @throws {InvalidInput} for paths without documents
 */
export async function benchmarkParsing(
  paths: readonly string[],
  settings: ParserSettings,
  onProgress?: (done: number, total: number) => void,
): Promise<ParsingReport> {
  const samples = await findDocuments(paths);
  const parser = createParser(settings, silentTelemetry);
  const startedAt = performance.now();
  const outcomes: Outcome[] = [];
  try {
    for (const sample of samples) {
      outcomes.push(await parse(sample, parser));
      onProgress?.(outcomes.length, samples.length);
    }
  } finally {
    await parser.close();
  }
  return report(outcomes, (performance.now() - startedAt) / 1_000);
}

function report(outcomes: readonly Outcome[], seconds: number): ParsingReport {
  const refusals = outcomes.flatMap(({ sample, refusal }) =>
    refusal === undefined ? [] : [{ path: sample.path, reason: refusal.reason, message: refusal.message }],
  );
  const refused: Partial<Record<RefusalReason, number>> = {};
  for (const { reason } of refusals) refused[reason] = (refused[reason] ?? 0) + 1;
  const formats = [...new Set(outcomes.map(({ sample }) => sample.format))].sort();
  return {
    documents: outcomes.length,
    parsed: outcomes.length - refusals.length,
    refused,
    refusals,
    formats: formats.map((format) => reportFormat(format, outcomes)),
    compared: outcomes
      .flatMap(({ sample, comparison }) =>
        comparison === undefined ? [] : [{ path: sample.path, ...comparison }],
      )
      .sort((left, right) => left.recall - right.recall || left.order - right.order),
    seconds,
  };
}

async function parse(sample: SampleDocument, parser: Parser): Promise<Outcome> {
  const content = await readFile(sample.path);
  const startedAt = performance.now();
  const since = (): number => performance.now() - startedAt;
  try {
    const { text } = await parser.parse({ name: sample.path, content });
    const milliseconds = since();
    if (sample.reference === undefined) return { sample, milliseconds };
    const comparison = compareWords(await readFile(sample.reference, 'utf8'), text);
    return { sample, milliseconds, comparison };
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    return { sample, milliseconds: since(), refusal: error };
  }
}

function reportFormat(format: string, all: readonly Outcome[]): FormatReport {
  const outcomes = all.filter(({ sample }) => sample.format === format);
  const comparisons = outcomes.flatMap(({ comparison }) => comparison ?? []);
  return {
    format,
    documents: outcomes.length,
    parsed: outcomes.filter(({ refusal }) => refusal === undefined).length,
    compared: comparisons.length,
    ...(comparisons.length > 0 && {
      medianRecall: median(comparisons.map(({ recall }) => recall)),
      medianOrder: median(comparisons.map(({ order }) => order)),
    }),
    medianMs: median(outcomes.map(({ milliseconds }) => milliseconds)),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
