import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../domain/document-record.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { ResolvedSearchRequest } from '../../domain/search.ts';
import type { DatasetQuery } from './read-dataset.ts';
import type { ConfigurationRun, Cost, ShownHit } from './run-configuration.ts';

/** A run as it is kept, with all that it takes to compare it with another later. */
export interface StoredRun {
  /** Of configuration, index and queries; then, after a dash, of the rankings. */
  readonly id: string;
  readonly name: string;
  readonly dataset: string;
  readonly engine: string;
  readonly request: Omit<ResolvedSearchRequest, 'query'>;
  readonly cost: Cost;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly queries: readonly StoredQuery[];
}

export interface StoredQuery {
  readonly queryId: string;
  readonly text: string;
  readonly grades: readonly (readonly [documentId: string, grade: number])[];
  readonly ranking: readonly (readonly [documentId: string, score: number])[];
  readonly shown: readonly ShownHit[];
}

/** What a run is of. */
export interface RunIdentity {
  readonly name: string;
  readonly dataset: string;
  readonly engine: string;
  /** Hash of what is indexed and how. */
  readonly index: string;
}

/** Keeps a run in a folder and returns its id. The same run, measured again, takes its place. */
export async function storeRun(
  folder: string,
  identity: RunIdentity,
  queries: readonly DatasetQuery[],
  run: ConfigurationRun,
): Promise<string> {
  const stored = queries.map(({ queryId, text, grades }, at): StoredQuery => {
    const { ranking, shown } = run.perQuery[at]!;
    return {
      queryId,
      text,
      grades: [...grades],
      ranking: ranking.map(({ documentId, score }) => [documentId, score] as const),
      shown,
    };
  });
  const what = [
    run.request,
    identity.index,
    identity.engine,
    stored.map(({ queryId, text, grades }) => [queryId, text, grades]),
  ];
  const id = `${shortHash(canonicalJson(what))}-${shortHash(canonicalJson(stored.map(({ ranking }) => ranking))).slice(0, 6)}`;
  const { name, dataset, engine } = identity;
  const kept: StoredRun = {
    id,
    name,
    dataset,
    engine,
    request: run.request,
    cost: run.cost,
    measuredAt: new Date().toISOString(),
    queries: stored,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${id}.json`), `${JSON.stringify(kept)}\n`);
  return id;
}

/**
 * Reads the kept run whose id begins as given.
 * @throws {InvalidInput} when there is none, or there are several
 */
export async function readStoredRun(folder: string, id: string): Promise<StoredRun> {
  const ids = await listIds(folder);
  const found = ids.filter((known) => known.startsWith(id));
  if (found.length !== 1) {
    throw new InvalidInput(
      'run',
      found.length === 0
        ? `There is no kept run ${JSON.stringify(id)} in ${folder}`
        : `Expected one run to begin with ${JSON.stringify(id)}, got ${found.join(', ')}`,
    );
  }
  return JSON.parse(await readFile(join(folder, `${found[0]}.json`), 'utf8')) as StoredRun;
}

/** The kept runs, the newest first, without their rankings. */
export async function listStoredRuns(
  folder: string,
): Promise<(Omit<StoredRun, 'queries'> & { queries: number })[]> {
  const runs = await Promise.all((await listIds(folder)).map((id) => readStoredRun(folder, id)));
  return runs
    .map((run) => ({ ...run, queries: run.queries.length }))
    .sort((left, right) => (left.measuredAt < right.measuredAt ? 1 : -1));
}

async function listIds(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
