import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Braid } from '../../braid.ts';
import type { Scope } from '../../domain/scope.ts';
import { mean } from '../statistics/mean.ts';
import { quantile } from '../statistics/quantile.ts';
import { createOpenSearchFloor, type Floor } from './floor-opensearch.ts';
import { createSqliteFloor } from './floor-sqlite.ts';
import type { AloneReport, LatencyReport, RateReport, StageReport } from './latency-report.ts';
import { loadCorpus } from './load-corpus.ts';
import { measureRecall } from './measure-recall.ts';
import { defaultLateMs, type LoopOptions, runOpenLoop, type Target } from './open-loop.ts';
import { prepareLoad } from './search-load.ts';
import { type CorpusShape, tenantsOf } from './synthetic-corpus.ts';

/** Searches over HTTP, of a Braid in a process of its own. */
export interface HttpServer {
  readonly url: string;
  /** CPU time of its process and threads since it started. */
  readonly cpuMicroseconds: () => Promise<number>;
  stop(): Promise<void>;
}

export interface LatencyOptions {
  readonly engine: 'sqlite' | 'opensearch';
  readonly data: string;
  readonly opensearchUrl: string;
  readonly chunks: number;
  readonly tenants: number;
  /** @default doubling from 5 a second until saturation */
  readonly rates?: readonly number[];
  /** Of each rate. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Of the load's filters, in turns. */
  readonly selectivities: readonly number[];
  readonly over: 'library' | 'http';
  readonly onProgress?: (state: string) => void;
}

/** Where the benchmark keeps its corpus. */
export interface LatencySettings {
  readonly engine: 'sqlite' | 'opensearch';
  readonly data: string;
  readonly opensearch: { readonly indexPrefix: string };
  readonly search: Readonly<Record<string, never>>;
}

const recallSelectivities = [1, 0.1, 0.01, 0.001];
const recallQueries = 50;
const aloneQueries = 200;
const aloneWarmUp = 20;
const mostSteps = 12;
const dimensions = 384;

/**
 * Measures searches of many tenants of skewed sizes at given rates, or at rising ones until saturation, in turns with the
 * same two legs without Braid; then one at a time; then the recall of filtered k-NN.
 */
export async function runLatencyBenchmark(
  options: LatencyOptions,
  openBraid: (settings: LatencySettings) => Promise<Braid>,
  serve: (settings: LatencySettings) => Promise<HttpServer>,
): Promise<LatencyReport> {
  const { onProgress = () => {}, engine, selectivities } = options;
  const shape: CorpusShape = {
    chunks: options.chunks,
    tenants: options.tenants,
    dimensions,
    chunksPerDocument: 4,
  };
  const tenants = tenantsOf(shape);
  const settings = settingsFor(options, shape);
  const braid = await openBraid(settings);
  let floor: Floor | undefined;
  let server: HttpServer | undefined;
  try {
    await loadCorpus(braid.documents, braid.scopes, tenants, shape, (done) =>
      onProgress(`${done} documents written`),
    );
    floor =
      engine === 'sqlite'
        ? await createSqliteFloor(settings.data)
        : createOpenSearchFloor(options.opensearchUrl, `${settings.opensearch.indexPrefix}-chunks`);
    server = options.over === 'http' ? await serve(settings) : undefined;
    const load = prepareLoad(tenants, selectivities, dimensions);
    const fresh = createFresh();
    const timings: Record<string, number>[] = [];
    const search = createSearch(braid, server, load, timings);
    const bare = floor;
    const targets: Target[] = [
      { name: 'braid', send: search },
      { name: 'floor', send: (request) => bare.search(load(request)) },
    ];
    onProgress('warming up');
    const first = options.rates?.[0] ?? 5;
    await runStep(targets, { rate: first, seconds: options.warmUpSeconds, seed: 7 }, fresh);
    const steps = await stepRates(targets, options, timings, fresh);
    onProgress('one search at a time');
    const alone = await measureAlone(
      search,
      (request) => bare.search(load(request)),
      fresh(aloneQueries + aloneWarmUp),
      server?.cpuMicroseconds,
    );
    onProgress('recall');
    const [largest] = tenants;
    const scope: Scope = braid.scopes.reader(largest!.tenantId);
    const recall = await measureRecall(
      braid.engine,
      scope,
      largest!,
      shape,
      recallSelectivities,
      recallQueries,
    );
    const kept = steps.rates.filter(({ isRejected, isSaturated }) => !isRejected && !isSaturated);
    const sustained = kept.at(-1)?.rate ?? null;
    const saturatedAt = steps.rates.find(({ isSaturated }) => isSaturated)?.rate ?? null;
    return {
      benchmark: 'latency',
      verdict: verdictOf(options, steps.rates, alone.ratio, saturatedAt),
      engine,
      over: options.over,
      corpus: {
        chunks: tenants.reduce((sum, { chunks }) => sum + chunks, 0),
        tenants: tenants.length,
        largestTenant: largest!.chunks,
        smallestTenant: tenants.at(-1)!.chunks,
        dimensions,
      },
      selectivities,
      warmUpSeconds: options.warmUpSeconds,
      lateMs: defaultLateMs,
      rates: steps.rates,
      saturation: { sustained, saturatedAt },
      stages: steps.stages,
      alone,
      recall,
      floor: floor.description,
    };
  } finally {
    await server?.stop();
    await floor?.close();
    await braid.close();
  }
}

/** Each shape of corpus has an index of its own, which the next run finds. */
export function settingsFor(
  { engine, data }: Pick<LatencyOptions, 'engine' | 'data'>,
  shape: CorpusShape,
): LatencySettings {
  const key = createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 12);
  return {
    engine,
    data: join(data, 'benchmarks', `latency-${key}`),
    opensearch: { indexPrefix: `braid-bench-latency-${key}` },
    search: {},
  };
}

function createSearch(
  { pipeline, scopes }: Braid,
  server: HttpServer | undefined,
  load: ReturnType<typeof prepareLoad>,
  timings: Record<string, number>[],
): (request: number) => Promise<void> {
  const requestOf = (at: number) => {
    const { text, filter } = load(at);
    return { query: text, topK: 10, ...(filter !== undefined && { filter }) };
  };
  if (server === undefined) {
    return async (at) => {
      const response = await pipeline.search(scopes.reader(load(at).tenantId), requestOf(at));
      const startedAt = performance.now();
      JSON.stringify(response);
      timings.push({ ...response.timings, serialise: performance.now() - startedAt });
      if (response.degraded.length > 0) throw new Error(`degraded: ${response.degraded[0]!.stage}`);
    };
  }
  return async (at) => {
    const startedAt = performance.now();
    const reply = await fetch(`${server.url}/v1/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-braid-tenant': load(at).tenantId },
      body: JSON.stringify(requestOf(at)),
    });
    const body = (await reply.json()) as { timings?: Record<string, number>; degraded?: { stage: string }[] };
    if (!reply.ok || body.timings === undefined) throw new Error(`answered ${reply.status}`);
    if (body.degraded!.length > 0) throw new Error(`degraded: ${body.degraded![0]!.stage}`);
    // What is not in the pipeline's own time: the request, the reply, and both ways.
    timings.push({ ...body.timings, serialise: performance.now() - startedAt - body.timings.total! });
  };
}

/** Takes so many requests that nobody has asked yet, and says the first. */
type Fresh = (count: number) => number;

/** Vectors of queries are kept: one that was asked before is not embedded, and would pass for quicker than it is. */
function createFresh(): Fresh {
  let next = 0;
  return (count) => {
    const first = next;
    next += count;
    return first;
  };
}

async function runStep(targets: readonly Target[], options: LoopOptions, fresh: Fresh): Promise<RateReport> {
  const from = fresh(0);
  const report = await runOpenLoop(
    targets.map(({ name, send }) => ({ name, send: (request) => send(from + request) })),
    options,
  );
  fresh(Math.ceil(report.sent / targets.length));
  return report;
}

async function stepRates(
  targets: readonly Target[],
  { rates, seconds, onProgress }: LatencyOptions,
  timings: Record<string, number>[],
  fresh: Fresh,
): Promise<{ rates: RateReport[]; stages: StageReport[] }> {
  const reports: RateReport[] = [];
  let stages: StageReport[] = [];
  for (let step = 0; step < (rates?.length ?? mostSteps); step += 1) {
    const rate = rates?.[step] ?? 5 * 2 ** step;
    onProgress?.(`${rate} requests a second`);
    timings.length = 0;
    const report = await runStep(targets, { rate, seconds, seed: step + 1 }, fresh);
    reports.push(report);
    if (stages.length === 0 && !report.isRejected) stages = stagesOf(timings);
    if (rates === undefined && report.isSaturated) break;
  }
  return { rates: reports, stages };
}

function stagesOf(timings: readonly Record<string, number>[]): StageReport[] {
  const names = [...new Set(timings.flatMap(Object.keys))];
  return names.map((stage) => {
    const values = timings
      .map((timing) => timing[stage])
      .filter((value) => value !== undefined)
      .sort((left, right) => left - right);
    return { stage, p50: quantile(values, 0.5), p95: quantile(values, 0.95), mean: mean(values) };
  });
}

/**
 * Times searches one after the other: queries that nobody has asked yet, then the same again, whose vectors are kept, so
 * that both times and CPU without embedding are of the process that searches; then the floor.
 * @param from the first request; `aloneQueries` and before them `aloneWarmUp` are taken
 * @param cpuMicroseconds of the process that searches, where that is another
 */
export async function measureAlone(
  search: (request: number) => Promise<void>,
  floor: (request: number) => Promise<void>,
  from: number,
  cpuMicroseconds?: () => Promise<number>,
): Promise<LatencyReport['alone']> {
  const embedded = await pass(search, from, cpuMicroseconds);
  const kept = await pass(search, from, cpuMicroseconds);
  const bare = await pass(floor, from);
  const report = (measured: Pass, without: Pass): AloneReport => ({
    queries: measured.times.length,
    p50: quantile(measured.times, 0.5),
    p95: quantile(measured.times, 0.95),
    p50WithoutEmbedding: quantile(without.times, 0.5),
    cpuMs: measured.cpuMs,
    embeddingCpuMs: Math.max(0, measured.cpuMs - without.cpuMs),
  });
  return {
    braid: report(embedded, kept),
    floor: report(bare, bare),
    ratio: {
      p50: quantile(kept.times, 0.5) / quantile(bare.times, 0.5),
      cpu: kept.cpuMs > 0 && bare.cpuMs > 0 ? kept.cpuMs / bare.cpuMs : null,
    },
  };
}

interface Pass {
  /** Rising. */
  readonly times: readonly number[];
  readonly cpuMs: number;
}

async function pass(
  send: (request: number) => Promise<void>,
  from: number,
  cpuMicroseconds: () => Promise<number> = ownCpuMicroseconds,
): Promise<Pass> {
  for (let at = 0; at < aloneWarmUp; at += 1) await send(from + at);
  const cpuBefore = await cpuMicroseconds();
  const times: number[] = [];
  for (let at = 0; at < aloneQueries; at += 1) {
    const startedAt = performance.now();
    await send(from + aloneWarmUp + at);
    times.push(performance.now() - startedAt);
  }
  const cpuMs = ((await cpuMicroseconds()) - cpuBefore) / 1_000 / aloneQueries;
  return { times: times.sort((left, right) => left - right), cpuMs };
}

async function ownCpuMicroseconds(): Promise<number> {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function verdictOf(
  { engine, over }: LatencyOptions,
  rates: readonly RateReport[],
  ratio: LatencyReport['alone']['ratio'],
  saturatedAt: number | null,
): string {
  const kept = rates.filter(({ isRejected, isSaturated }) => !isRejected && !isSaturated).at(-1);
  const until =
    saturatedAt === null ? 'not saturated by any rate' : `saturated at ${saturatedAt} requests a second`;
  if (kept === undefined) {
    return `On ${engine} by ${over}: no step counts, each was rejected for late sends or saturated; ${until}.`;
  }
  const braid = kept.series.find(({ name }) => name === 'braid')!;
  return `On ${engine} by ${over}, at ${kept.rate} requests a second in turns with the floor: p50 ${braid.p50.toFixed(1)} ms, p99 ${braid.p99.toFixed(1)} ms, ${until}; one at a time, without embedding, ${ratio.p50.toFixed(2)} × the floor.`;
}
