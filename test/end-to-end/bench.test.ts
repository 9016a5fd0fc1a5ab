import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LatencyReport } from '../../benchmarks/latency/latency-report.ts';
import type { DetailedReport } from '../../benchmarks/relevance/relevance-report.ts';
import type { CalibrationReport } from '../../benchmarks/tuning/run-calibration.ts';
import type { TuningReport } from '../../benchmarks/tuning/tuning-report.ts';
import type { SearchResponse } from '../../domain/search.ts';
import { startBedrock } from '../servers/bedrock/bedrock.ts';
import { tellingEmbedder } from './bedrock-under-test.ts';
import { type ProgramResult, runJson, runProgram } from './program.ts';

const things = 'rudder anchor brake wing propeller keel piston valve gear axle turbine sail'.split(' ');

let folder: string;
let report: DetailedReport;

const path = (name: string) => join(folder, name);
const global = () => ['--data', path('data')];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-bench-'));
  const lines = (name: string, values: readonly object[]) =>
    writeFile(path(name), values.map((value) => `${JSON.stringify(value)}\n`).join(''));
  await lines(
    'corpus.jsonl',
    things.map((thing, at) => ({
      _id: `d${at}`,
      title: `The ${thing}`,
      text: `How a ${thing} is made, and what it is for.`,
    })),
  );
  await lines(
    'queries.jsonl',
    things.map((thing, at) => ({ _id: `q${at}`, text: `what is a ${thing} for?` })),
  );
  await writeFile(
    path('qrels.tsv'),
    ['query-id\tcorpus-id\tscore', ...things.map((_, at) => `q${at}\td${at}\t1`)].join('\n'),
  );
  await runJson([...global(), 'bench', 'relevance', '--dataset', folder, '--runs-out', path('runs')]);
  report = JSON.parse(await readFile(path('runs/report.json'), 'utf8'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Holds the run against a baseline that differs from it. */
async function gate(change: (report: DetailedReport) => void): Promise<ProgramResult> {
  const baseline = structuredClone(report);
  change(baseline);
  await writeFile(path('baseline.json'), JSON.stringify(baseline));
  return runProgram([
    'bench',
    'gate',
    path('runs/report.json'),
    '--baseline',
    path('baseline.json'),
    '--junit',
    path('gate.xml'),
  ]);
}

/** The values of `hybrid`, each query's and the mean of CPU time, to be overwritten. */
type Changeable = {
  perQuery: { name: string; queries: { metrics: Record<string, number> }[] }[];
  configurations: { name: string; cost: { cpuMsPerQuery: number } }[];
};

describe('bench gate', () => {
  it('is open against the same run', async () => {
    const { status, stdout } = await gate(() => {});
    expect({ status, last: stdout.trim().split('\n').at(-1) }).toEqual({
      status: 0,
      last: 'The gate is open',
    });
    expect(await readFile(path('gate.xml'), 'utf8')).toContain('<testsuites tests="6" failures="0">');
  });

  it('exits with 1 where quality fell significantly, and writes what failed as JUnit', async () => {
    const { status, stdout } = await gate((baseline) => {
      const { perQuery } = baseline as unknown as Changeable;
      const hybrid = perQuery.find(({ name }) => name === 'hybrid')!;
      for (const { metrics } of hybrid.queries) metrics['ndcg@10']! += 0.2;
    });
    expect(status).toBe(1);
    expect(stdout).toContain('FAILED  hybrid: ndcg@10 does not fall: ndcg@10 changed by -0.2000');
    expect(await readFile(path('gate.xml'), 'utf8')).toMatch(
      /failures="1">[\s\S]*name="hybrid: ndcg@10 does not fall"><failure message="ndcg@10 changed by -0\.2000/,
    );
  });

  it('exits with 1 where CPU time a query grew by more than 10 %', async () => {
    const { status, stdout } = await gate((baseline) => {
      const { configurations } = baseline as unknown as Changeable;
      configurations.find(({ name }) => name === 'dense')!.cost.cpuMsPerQuery /= 1.2;
    });
    expect(status).toBe(1);
    expect(stdout).toContain('FAILED  dense: CPU time does not grow');
  });

  it('exits with 2 for a baseline of other queries', async () => {
    const { status, stderr } = await gate((baseline) => {
      const { perQuery } = baseline as unknown as Changeable;
      for (const { queries } of perQuery) queries.pop();
    });
    expect(status).toBe(2);
    expect(stderr).toContain('it is of different queries');
  });
});

describe('bench latency', () => {
  it('tells the CPU time of the server that it measures over HTTP', async () => {
    const size = ['--chunks', '100', '--tenants', '1', '--rates', '5', '--seconds', '1', '--warm-up', '0'];
    const { alone } = await runJson<LatencyReport>([
      ...global(),
      ...['bench', 'latency', '--engine', 'sqlite', '--over', 'http', ...size],
    ]);
    // Embedding is a part of what the server does, and the client hardly works.
    expect(alone.braid.cpuMs).toBeGreaterThan(alone.braid.embeddingCpuMs / 2);
    expect(alone.ratio.cpu === null || alone.ratio.cpu > 0).toBe(true);
  });
});

describe('bench calibrate', () => {
  it('writes settings that serve, and each search, takes as they are', async () => {
    const out = path('calibrated.yaml');
    const calibrated = await runJson<CalibrationReport>([
      ...global(),
      'bench',
      'calibrate',
      '--dataset',
      folder,
      '--out',
      out,
    ]);
    const { lexical, dense } = calibrated.calibration;
    expect(calibrated.sets).toEqual([{ name: basename(folder), queries: 12 }]);
    expect(lexical.slope).toBeGreaterThan(0);
    expect(dense.midpoint).toBeGreaterThan(-1);
    expect(dense.midpoint).toBeLessThan(1);
    const found = await runJson<SearchResponse>([...global(), '--config', out, 'search', 'rudder']);
    expect(found.request.fusion).toEqual({ method: 'log_odds', calibration: calibrated.calibration });
  }, 60_000);
});

describe('bench tune', () => {
  it('tunes, names no winner that is not proven, tries steps by searching, and reports it on a page', async () => {
    await writeFile(
      path('space.yaml'),
      [
        'lexicalWeights: [0, 0.25, 0.5, 0.75, 1]',
        'candidates: [50]',
        'fields: [{ title: 1, text: 1 }]',
        'steps: { diversity: [{ lambda: 0.7 }], duplicates: [{ similarity: 0.95 }] }',
      ].join('\n'),
    );
    // Each set has too few training queries for a step alone.
    await mkdir(path('other'));
    for (const file of ['corpus.jsonl', 'qrels.tsv']) await copyFile(path(file), path(`other/${file}`));
    const queries = await readFile(path('queries.jsonl'), 'utf8');
    await writeFile(path('other/queries.jsonl'), queries.replaceAll('what is a', 'what would a'));
    const tuned = await runJson<TuningReport>([
      ...global(),
      'bench',
      'tune',
      '--dataset',
      folder,
      '--dataset',
      path('other'),
      '--space',
      path('space.yaml'),
      '--out',
      path('braid.search.yaml'),
    ]);
    // 3 weights between the legs, 4 normalisations and log-odds completed or not, 5 rank constants; each leg; the defaults.
    expect(tuned.configurations).toBe(3 * (5 * 2 + 5) + 2 + 1);
    expect(tuned.checked).toMatchObject({ queries: 48, differing: 0 });
    expect(tuned.judgement.isProven).toBe(false);
    expect(tuned.leaveOneSetOut).toHaveLength(2);
    expect(tuned.leftOutPooled!.worse).toEqual([]);
    expect(tuned.steps.map(({ step, training }) => [step, training])).toEqual([
      ['diversity', 24],
      ['duplicates', 24],
    ]);
    await expect(readFile(path('braid.search.yaml'))).rejects.toThrow('ENOENT');
    await writeFile(path('tuning.json'), JSON.stringify(tuned));
    await runJson(['bench', 'report', path('tuning.json'), '--out', path('page')]);
    expect(await readFile(path('page/report.html'), 'utf8')).toContain('Weight surface');
  }, 120_000);

  it('tries depths of a reranker, which the stand-in for Bedrock runs once a query', async () => {
    const bedrock = await startBedrock({ embedder: tellingEmbedder });
    try {
      await writeFile(
        path('rerank.yaml'),
        [
          'lexicalWeights: [0.5]',
          'normalizations: [min_max]',
          'rankConstants: []',
          'logOdds: false',
          'complete: [false]',
          'candidates: [100]',
          'fields: [{ title: 1, text: 1 }]',
          'steps:',
          '  rerank:',
          ...[10, 11, 12].map(
            (depth) => `    - { model: bedrock/cohere.rerank-v3-5:0, candidates: ${depth} }`,
          ),
        ].join('\n'),
      );
      const tuned = await runJson<TuningReport>(
        [...global(), 'bench', 'tune', '--dataset', folder, '--space', path('rerank.yaml')],
        {
          environment: {
            ...bedrock.environment,
            BRAID_MODELS_RERANKING: '["bedrock/cohere.rerank-v3-5:0"]',
          },
        },
      );
      const [step] = tuned.steps;
      expect(step!.tried.map(({ description }) => description)).toEqual([
        'no rerank',
        ...[10, 11, 12].map(
          (depth) => `rerank {"model":"bedrock/cohere.rerank-v3-5:0","candidates":${depth}}`,
        ),
      ]);
      // Each query takes one call, whatever the depths.
      const calls = bedrock.requests.filter(({ operation }) => operation === 'Rerank').length;
      expect(calls).toBe(12);
    } finally {
      await bedrock.close();
    }
  }, 120_000);
});
