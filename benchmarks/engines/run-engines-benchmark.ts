import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { quantile } from '../statistics/quantile.ts';
import { askInTurns, type Sample } from './ask-in-turns.ts';
import { createBareSql } from './bare-sql.ts';
import { createBraidHttp, createBraidLibrary } from './braid-contenders.ts';
import type { Contender } from './contender.ts';
import { createLanceDb } from './lancedb.ts';
import { type CorpusShape, queriesOf, type SyntheticQuery } from './synthetic-corpus.ts';

// Loads the same chunks into each contender, then asks each the same queries in turn. See README.md.

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '100' },
    chunks: { type: 'string', default: '100000' },
    queries: { type: 'string', default: '300' },
    warmup: { type: 'string', default: '4' },
    candidates: { type: 'string', default: '50' },
    folder: { type: 'string', default: '.braid/engines' },
  },
});
const tenants = Number(values.tenants);
const shape: CorpusShape = {
  tenants,
  chunksATenant: Math.round(Number(values.chunks) / tenants),
  dimensions: 384,
  seed: 1,
};
const candidates = Number(values.candidates);
const topK = 10;
const folder = resolve(values.folder);
const place = (name: string) => {
  const path = join(folder, name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
};

const braidFolder = place('braid');
const library = await createBraidLibrary(braidFolder, shape, candidates);
const lance = await createLanceDb(place('lancedb'), shape, candidates);
const contenders: Contender[] = [
  createBareSql('shared', place('one-file'), shape, candidates),
  createBareSql('file a tenant', place('file-a-tenant'), shape, candidates),
  library,
  ...(lance === undefined ? [] : [lance]),
];
for (const contender of contenders) {
  const startedAt = performance.now();
  await contender.load((done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${contender.name}: ${done} of ${tenants} tenants `);
  });
  process.stderr.write(`\r${contender.name}: loaded in ${seconds(performance.now() - startedAt)} s\n`);
}
contenders.splice(3, 0, await createBraidHttp(braidFolder, shape, candidates));

const queries: SyntheticQuery[] = [];
for (const query of queriesOf(shape, Number(values.queries))) {
  // Braid embeds the text itself: the others are given the same vector.
  queries.push({ ...query, vector: await library.embed(query.text) });
}
// Unmeasured: files, statements and the vectors of queries are warm then, and the code is compiled, as in a server that
// has run for a minute.
for (let round = 0; round < Number(values.warmup); round += 1) await askInTurns(contenders, queries, topK);
const samples = await askInTurns(contenders, queries, topK);
report(samples);
for (const contender of contenders) await contender.close();

function report(samples: ReadonlyMap<Contender, Sample>): void {
  const [floor] = [...samples]
    .filter(([{ name }]) => name.endsWith('file a tenant'))
    .map(([, sample]) => sample);
  const rows = [...samples].map(([{ name }, sample]) => {
    const sorted = sample.milliseconds.toSorted((left, right) => left - right);
    return {
      name,
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      cpu: sample.cpuMicroseconds / sorted.length / 1_000,
      alike: overlap(sample.texts, floor!.texts),
    };
  });
  const floorRow = rows.find(({ name }) => name.endsWith('file a tenant'))!;
  console.log(
    `${shape.tenants * shape.chunksATenant} chunks, ${tenants} tenants, ${shape.dimensions} dimensions, ` +
      `${queries.length} queries, ${candidates} candidates a leg, top ${topK}\n`,
  );
  console.log('| | p50 ms | p95 ms | CPU ms a query | p50 to the floor | CPU to the floor | same top ten |');
  console.log('|---|---|---|---|---|---|---|');
  for (const { name, p50, p95, cpu, alike } of rows) {
    const ratio = (value: number, base: number) => (value / base).toFixed(2);
    console.log(
      `| ${name} | ${p50.toFixed(2)} | ${p95.toFixed(2)} | ${cpu.toFixed(2)} | ${ratio(p50, floorRow.p50)} ` +
        `| ${ratio(cpu, floorRow.cpu)} | ${alike.toFixed(3)} |`,
    );
  }
}

/** The mean share of each list that stands in the floor's list too. */
function overlap(lists: readonly (readonly string[])[], floor: readonly (readonly string[])[]): number {
  const shares = lists.map((list, at) => list.filter((text) => floor[at]!.includes(text)).length / topK);
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1);
}
