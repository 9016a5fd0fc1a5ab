import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { Braid } from '../../braid.ts';
import type { DocumentWrite } from '../../search-engine/document-store.ts';
import type { Source, SourceItem } from '../../sources/source.ts';
import { type CorpusShape, documentsOf, textOf } from '../latency/synthetic-corpus.ts';
import { mean } from '../statistics/mean.ts';
import { createRandom } from '../statistics/seeded-random.ts';
import { type BareBulk, createBareOpenSearch } from './bare-opensearch.ts';
import { createBareSqlite } from './bare-sqlite.ts';
import type { IngestionReport, IngestionSeries } from './ingestion-report.ts';

export interface IngestionOptions {
  readonly engine: 'sqlite' | 'opensearch';
  readonly data: string;
  readonly opensearchUrl: string;
  /** Written with vectors given, by Braid and by bare bulk each. */
  readonly chunks: number;
  /** Taken in as texts through the whole pipeline. */
  readonly texts: number;
  readonly onProgress?: (state: string) => void;
}

/** Where the benchmark writes; it is removed afterwards. */
export interface IngestionSettings {
  readonly engine: 'sqlite' | 'opensearch';
  readonly data: string;
  readonly opensearch: { readonly indexPrefix: string };
}

const dimensions = 384;
const chunksPerDocument = 4;
const tenantId = 'ingestion';
const concurrency = 32;
/** Braid and bare bulk write in turns, so that a machine that slows down slows both: ten at least, and so small that
 * what a turn writes hardly shows in the memory of the process. */
const leastTurns = 10;
const mostDocumentsATurn = 500;
const sampledEveryMs = 250;
/** Growth below this share of the peak, or below so many MiB, is noise of the collector. */
const flatShare = 0.1;
const flatMiB = 64;

/** Measures how fast documents go in: vectors given beside bare bulk, then from text stage by stage; and memory. */
export async function runIngestionBenchmark(
  options: IngestionOptions,
  openBraid: (settings: IngestionSettings) => Promise<Braid>,
): Promise<IngestionReport> {
  const { engine, onProgress = () => {} } = options;
  const name = `ingestion-${process.pid}`;
  const settings: IngestionSettings = {
    engine,
    data: join(options.data, 'benchmarks', name),
    opensearch: { indexPrefix: `braid-bench-${name}` },
  };
  const braid = await openBraid(settings);
  const bare =
    engine === 'sqlite'
      ? createBareSqlite(settings.data, dimensions)
      : await createBareOpenSearch(options.opensearchUrl, settings.opensearch.indexPrefix);
  try {
    const memory = sampleMemory();
    const givenVectors = await writeInTurns(braid, bare, options);
    const report = memory.stop();
    onProgress('texts through the pipeline');
    const pipeline = await takeInTexts(braid, options.texts, onProgress);
    return { benchmark: 'ingestion', engine, dimensions, givenVectors, pipeline, memory: report };
  } finally {
    await braid.close();
    await bare.remove();
    await rm(settings.data, { recursive: true, force: true });
  }
}

async function writeInTurns(
  braid: Braid,
  bare: BareBulk,
  { chunks, onProgress = () => {} }: IngestionOptions,
): Promise<IngestionReport['givenVectors']> {
  const shape: CorpusShape = { chunks, tenants: 1, dimensions, chunksPerDocument };
  const scope = braid.scopes.operator(tenantId);
  const documents = documentsOf({ tenantId, chunks }, shape);
  const perTurn = Math.min(mostDocumentsATurn, Math.ceil(chunks / chunksPerDocument / leastTurns));
  let [braidSeconds, bareSeconds, written] = [0, 0, 0];
  for (;;) {
    // Made before the clock runs: both write the same.
    const batch = take(documents, perTurn);
    if (batch.length === 0) break;
    braidSeconds += await timed(async () => {
      const queue = new PQueue({ concurrency });
      await queue.addAll(batch.map((write) => () => braid.documents.replace(scope, write)));
      await braid.documents.refresh(scope);
    });
    bareSeconds += await timed(() => bare.write(batch));
    written += batch.length;
    onProgress(`${written * chunksPerDocument} chunks written with vectors given`);
  }
  const braidSeries = seriesOf('braid, vectors given', written, written * chunksPerDocument, braidSeconds);
  const bareSeries = seriesOf(bare.description, written, written * chunksPerDocument, bareSeconds);
  return {
    braid: braidSeries,
    bare: bareSeries,
    ratio: braidSeries.chunksPerSecond / bareSeries.chunksPerSecond,
  };
}

async function takeInTexts(
  braid: Braid,
  texts: number,
  onProgress: (state: string) => void,
): Promise<IngestionReport['pipeline']> {
  const random = createRandom(5);
  const source: Source = {
    async *items(): AsyncGenerator<SourceItem> {
      for (let at = 0; at < texts; at += 1) {
        const content = textOf(random, 120);
        const documentId = `text-${at}`;
        yield {
          name: documentId,
          load: async () => ({ documentId, source: 'benchmark', mediaType: 'text/plain', content }),
        };
      }
    },
  };
  const scope = braid.scopes.operator(tenantId);
  const before = stageSeconds(await braid.prometheus());
  const startedAt = performance.now();
  const report = await braid.pipeline.ingest(scope, source, {
    onProgress: ({ done }) => onProgress(`${done} of ${texts} texts taken in`),
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = stageSeconds(await braid.prometheus());
  const stages = Object.fromEntries(
    Object.entries(after)
      .map(([stage, sum]) => [stage, sum - (before[stage] ?? 0)] as const)
      .filter(([, sum]) => sum > 0),
  );
  return { ...seriesOf('pipeline, from text', report.documents.indexed, report.chunks, seconds), stages };
}

/** Sums of `braid_stage_seconds` by stage. */
export function stageSeconds(metrics: string): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [, labels = '', value] of metrics.matchAll(/^braid_stage_seconds_sum\{([^}]*)\} (\S+)/gm)) {
    const stage = /stage="([^"]+)"/.exec(labels)?.[1];
    if (stage !== undefined) sums[stage] = (sums[stage] ?? 0) + Number(value);
  }
  return sums;
}

function seriesOf(name: string, documents: number, chunks: number, seconds: number): IngestionSeries {
  return {
    name,
    documents,
    chunks,
    seconds,
    documentsPerSecond: documents / seconds,
    chunksPerSecond: chunks / seconds,
  };
}

function take(documents: Iterator<DocumentWrite>, count: number): DocumentWrite[] {
  const batch: DocumentWrite[] = [];
  while (batch.length < count) {
    const { value, done } = documents.next();
    if (done) break;
    batch.push(value);
  }
  return batch;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

function sampleMemory(): { stop(): IngestionReport['memory'] } {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(process.memoryUsage.rss() / 1_048_576), sampledEveryMs);
  return {
    stop() {
      clearInterval(timer);
      return judgeMemory(samples);
    },
  };
}

/** The first quarter fills caches and the heap; from the second on nothing should be added. */
export function judgeMemory(samples: readonly number[]): IngestionReport['memory'] {
  const quarter = Math.floor(samples.length / 4);
  const growth =
    quarter === 0 ? 0 : mean(samples.slice(-quarter)) - mean(samples.slice(quarter, quarter * 2));
  const peak = samples.length === 0 ? 0 : Math.max(...samples);
  return { samples, peak, growth, isFlat: growth < Math.max(flatMiB, peak * flatShare) };
}
