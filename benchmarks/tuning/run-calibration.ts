import { InvalidInput } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Calibration, SearchSettings } from '../../domain/search.ts';
import {
  type BenchmarkSettings,
  benchmarkTenant,
  type IndexOptions,
  indexCorpus,
  indexSettings,
} from '../relevance/benchmark-index.ts';
import { type DatasetQuery, readDataset, readQueryTexts } from '../relevance/read-dataset.ts';
import { hasSplit } from '../relevance/read-judgements.ts';
import { calibratedDepth, calibrateLegs } from './calibrate-legs.ts';
import { type CollectedQuery, collectLegs } from './collect-legs.ts';
import { fieldsKey } from './search-space.ts';
import type { TunedBraid } from './tune-options.ts';
import { writeSearchFile } from './write-search-file.ts';

export interface CalibrationOptions extends IndexOptions {
  /** Folders in BEIR form; their training queries where they have some, else all. */
  readonly datasets?: readonly string[];
  /** A tenant's index as it stands, and the file of its queries in BEIR form. */
  readonly ownIndex?: { readonly tenantId: string; readonly queries: string };
  /** Where the settings are written. */
  readonly out?: string;
  readonly onProgress?: (state: string) => void;
}

export interface CalibrationReport {
  readonly benchmark: 'calibration';
  readonly engine: string;
  readonly sets: readonly { readonly name: string; readonly queries: number }[];
  readonly calibration: Calibration;
  /** Log-odds by it, for `serve --config`. */
  readonly settings: SearchSettings;
  readonly out?: string;
}

const fields = { title: 1, text: 1 };

/**
 * Estimates what makes probabilities of the legs' scores, from what queries find. No grade plays a part.
 * @throws {InvalidInput}
 */
export async function runCalibration(
  options: CalibrationOptions,
  openBraid: (overrides?: BenchmarkSettings) => Promise<TunedBraid>,
): Promise<CalibrationReport> {
  const { datasets = [], ownIndex, out, engine } = options;
  if ((datasets.length === 0) === (ownIndex === undefined)) {
    throw new InvalidInput('dataset', 'Expected either datasets, or queries for an index of your own');
  }
  const sets: { name: string; collected: readonly CollectedQuery[] }[] = [];
  for (const folder of datasets) sets.push(await collectDataset(options, folder, openBraid));
  if (ownIndex !== undefined) {
    const { tenantId, queries } = ownIndex;
    const texts = [...(await readQueryTexts(queries))];
    const asked = texts.map(([queryId, text]) => ({ queryId, text, grades: new Map() }));
    const braid = await openBraid();
    const scope = braid.scopes.operator(tenantId);
    sets.push({ name: tenantId, collected: await collectAndClose(braid, scope, asked, options) });
  }
  const calibration = calibrateLegs(
    sets.map(({ collected }) => collected),
    [fields],
  ).get(fieldsKey(fields))!;
  const own = { defaults: { fusion: { method: 'log_odds', calibration } } } as const;
  const settings: SearchSettings = ownIndex === undefined ? own : { tenants: { [ownIndex.tenantId]: own } };
  if (out !== undefined) {
    const from = sets.map(({ name, collected }) => `${collected.length} queries of ${name}`).join(', ');
    const lines = [
      'Written by `braid bench calibrate`; `braid serve --config` takes it as it is.',
      `Estimated from ${from}, ${engine}. Whether it finds more, judgements tell: see bench tune.`,
    ];
    await writeSearchFile(out, settings, lines);
  }
  return {
    benchmark: 'calibration',
    engine,
    sets: sets.map(({ name, collected }) => ({ name, queries: collected.length })),
    calibration,
    settings,
    ...(out !== undefined && { out }),
  };
}

async function collectDataset(
  options: CalibrationOptions,
  folder: string,
  openBraid: (overrides?: BenchmarkSettings) => Promise<TunedBraid>,
): Promise<{ name: string; collected: readonly CollectedQuery[] }> {
  const dataset = await readDataset(folder, (await hasSplit(folder, 'train')) ? 'train' : undefined);
  const braid = await openBraid(indexSettings(options, dataset));
  const scope = braid.scopes.reader(benchmarkTenant);
  const index = () =>
    indexCorpus(braid, dataset, (done) => options.onProgress?.(`${dataset.name}: indexing ${done}`));
  return {
    name: dataset.name,
    collected: await collectAndClose(braid, scope, dataset.queries, options, index),
  };
}

/** @param prepare what is done before the queries are asked */
async function collectAndClose(
  braid: TunedBraid,
  scope: Scope,
  queries: readonly DatasetQuery[],
  { onProgress }: CalibrationOptions,
  prepare?: () => Promise<unknown>,
): Promise<CollectedQuery[]> {
  try {
    await prepare?.();
    const ports = { engine: braid.engine, model: braid.embeddingModel };
    return await collectLegs(ports, scope, queries, [fields], calibratedDepth, (done) =>
      onProgress?.(`legs of query ${done} of ${queries.length}`),
    );
  } finally {
    await braid.close();
  }
}
