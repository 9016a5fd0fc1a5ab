import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { RateReport } from '../latency/latency-report.ts';
import { loadCorpus } from '../latency/load-corpus.ts';
import { measureRecall } from '../latency/measure-recall.ts';
import { runOpenLoop, type Target } from '../latency/open-loop.ts';
import { settingsFor } from '../latency/run-latency-benchmark.ts';
import { prepareLoad } from '../latency/search-load.ts';
import { documentsOf, tenantsOf } from '../latency/synthetic-corpus.ts';
import { quantile } from '../statistics/quantile.ts';
import { askInTurns, type Sample } from './ask-in-turns.ts';
import { createBraidHttp } from './braid-contenders.ts';
import type { Contender } from './contender.ts';
import { createLlamaIndex } from './llamaindex.ts';
import { openMeasured } from './open-measured.ts';
import { createOpenSearchFloor, floorBody } from './opensearch-floor.ts';
import type { SyntheticQuery } from './synthetic-corpus.ts';

// Searches of Braid over HTTP on OpenSearch beside the least that finds the same, and beside LlamaIndex. See README.md.

const { values } = parseArgs({
  options: {
    opensearch: { type: 'string', default: 'http://127.0.0.1:9201' },
    tenants: { type: 'string', default: '100' },
    chunks: { type: 'string', default: '100000' },
    queries: { type: 'string', default: '200' },
    candidates: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '240' },
    'step-seconds': { type: 'string', default: '10' },
    rate: { type: 'string' },
    python: { type: 'string' },
    folder: { type: 'string', default: '.braid' },
  },
});
const topK = 10;
const connections = 64;
const candidates = Number(values.candidates);
const stepSeconds = Number(values['step-seconds']);
const shape = {
  chunks: Number(values.chunks),
  tenants: Number(values.tenants),
  dimensions: 384,
  chunksPerDocument: 4,
};
const tenants = tenantsOf(shape);
const settings = settingsFor({ engine: 'opensearch', data: resolve(values.folder) }, shape);
const { indexPrefix } = settings.opensearch;
mkdirSync(settings.data, { recursive: true });
const engine = { engine: 'opensearch', opensearch: { url: values.opensearch, indexPrefix } } as const;
const noShape = { tenants: 0, chunksATenant: 0, dimensions: shape.dimensions, seed: 0 };

const braid = await openMeasured(settings.data, noShape, engine);
await loadCorpus(braid.documents, braid.scopes, tenants, shape, (done) => say(`${done} documents written`));
const load = prepareLoad(tenants, [1], shape.dimensions);
const queries: SyntheticQuery[] = [];
for (let at = 0; at < Number(values.queries); at += 1) {
  const { tenantId, text } = load(at);
  // Braid embeds the text itself: the others are given the same vector.
  queries.push({ tenantId, text, vector: await braid.embeddingModel.embedQuery(text) });
}
say('recall');
const recall = await measureRecall(
  braid.engine,
  braid.scopes.reader(tenants[0]!.tenantId),
  tenants[0]!,
  shape,
  [1, 0.1, 0.01, 0.001],
  50,
);
await braid.close();

const floors = (['legs', 'texts', 'hits'] as const).map((reach) =>
  createOpenSearchFloor(values.opensearch, indexPrefix, candidates, connections, reach),
);
const others: Contender[] = [...floors];
if (values.python !== undefined) {
  const llama = await createLlamaIndex(
    resolve(values.python),
    values.opensearch,
    `${indexPrefix}-llamaindex`,
    candidates,
    topK,
    connections,
  );
  say('loading LlamaIndex');
  await llama.loadDocuments(tenants.flatMap((tenant) => [...documentsOf(tenant, shape)]));
  others.push(llama);
}

console.log(
  `${tenants.reduce((sum, { chunks }) => sum + chunks, 0)} chunks, ${tenants.length} tenants (the largest ` +
    `${tenants[0]!.chunks}), ${shape.dimensions} dimensions, ${queries.length} queries, ${candidates} candidates a ` +
    `leg, top ${topK}\n`,
);
const contenders = [...others, await startBraid()];
say('one at a time');
await askInTurns(contenders, queries, topK);
const alone = await askInTurns(contenders, queries, topK);
reportAlone(alone);

const saturation = values.rate === undefined ? await findSaturation(contenders.at(-1)!) : undefined;
await contenders.at(-1)!.close();
const rate = Number(values.rate ?? saturation! / 4);
if (saturation !== undefined) console.log(`\nBraid sustains ${saturation} searches a second.`);

// A process of its own for each measurement: the vectors of queries are kept for ten minutes.
const served = await startBraid();
await measureOpenLoop('the floors and Braid', [...floors, served], Number(values.seconds));
if (others.length > floors.length) {
  await measureOpenLoop('LlamaIndex too', [...others, served], Number(values.seconds) / 2);
}
console.log('\nRecall@10 of filtered k-NN in the largest tenant, against brute force:');
for (const { selectivity, recall: share, worst, queries: asked } of recall) {
  console.log(`${selectivity * 100} %: ${share.toFixed(4)} (worst ${worst.toFixed(2)}, ${asked} queries)`);
}
const shown = floorBody(
  indexPrefix,
  { ...queries[0]!, vector: queries[0]!.vector.subarray(0, 3) },
  candidates,
);
console.log(`\nThe floor's body, its vector cut to three numbers:\n${shown}`);
await served.close();
for (const contender of others) await contender.close();

async function startBraid(): Promise<Contender> {
  const contender = await createBraidHttp(settings.data, noShape, candidates, engine, connections);
  say('warming up');
  for (let round = 0; round < 5; round += 1) {
    for (const query of queries) await contender.search(query, topK);
  }
  return contender;
}

function reportAlone(samples: ReadonlyMap<Contender, Sample>): void {
  console.log('| one at a time | p50 ms | p95 ms | CPU ms a query, without the engine’s |');
  console.log('|---|---|---|---|');
  for (const [{ name }, { milliseconds, cpuMicroseconds }] of samples) {
    const sorted = milliseconds.toSorted((left, right) => left - right);
    const cpu = cpuMicroseconds / sorted.length / 1_000;
    console.log(
      `| ${name} | ${quantile(sorted, 0.5).toFixed(2)} | ${quantile(sorted, 0.95).toFixed(2)} | ${cpu.toFixed(2)} |`,
    );
  }
}

/** The highest rate that is sustained: doubled until it is not, then three halvings of what is between. */
async function findSaturation(contender: Contender): Promise<number> {
  const sustains = async (tried: number): Promise<boolean> => {
    const { isSaturated, series } = await runOpenLoop([targetOf(contender)], {
      rate: tried,
      seconds: stepSeconds,
      seed: Math.round(tried),
    });
    // Still answering, but ever later, is no longer sustained.
    const isHeld = !isSaturated && series[0]!.p95 < 1_000;
    say(`${tried} a second: p50 ${series[0]!.p50.toFixed(1)} ms, ${isHeld ? 'sustained' : 'saturated'}`);
    return isHeld;
  };
  let [low, high] = [0, 5];
  while (high <= 5_120 && (await sustains(high))) [low, high] = [high, high * 2];
  if (low === 0) throw new Error(`Cannot measure: not even ${high} searches a second are sustained here`);
  for (let step = 0; step < 3; step += 1) {
    const middle = Math.round((low + high) / 2);
    if (await sustains(middle)) low = middle;
    else high = middle;
  }
  return low;
}

async function measureOpenLoop(title: string, asked: readonly Contender[], seconds: number): Promise<void> {
  say(`${rate} a second: ${title}`);
  await runOpenLoop(asked.map(targetOf), { rate, seconds: stepSeconds, seed: 3 });
  const report = await runOpenLoop(asked.map(targetOf), { rate, seconds, seed: 4 });
  reportLoop(title, report);
}

function targetOf(contender: Contender): Target {
  return {
    name: contender.name,
    send: async (request) => {
      await contender.search(queries[request % queries.length]!, topK);
    },
  };
}

function reportLoop(title: string, { series, sent, late, isRejected, isSaturated }: RateReport): void {
  const [legs, texts, hits] = series;
  console.log(
    `\nOpen loop, ${rate.toFixed(1)} a second in turns, ${title}: ${late} of ${sent} left late` +
      `${isRejected ? ', REJECTED' : ''}${isSaturated ? ', saturated' : ''}\n`,
  );
  console.log(
    '| | n | errors | p50 ms | p90 | p99 | p50, p99 to legs | p50, p99 to texts | p50, p99 to whole hits |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const { name, count, errors, p50, p90, p99 } of series) {
    const ratios = [legs, texts, hits].map(
      (floor) => `${(p50 / floor!.p50).toFixed(2)}, ${(p99 / floor!.p99).toFixed(2)}`,
    );
    const figures = [p50, p90, p99].map((figure) => figure.toFixed(2));
    console.log(`| ${name} | ${count} | ${errors} | ${[...figures, ...ratios].join(' | ')} |`);
  }
}

function say(state: string): void {
  process.stderr.write(`${state}\n`);
}
