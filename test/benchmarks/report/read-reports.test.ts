import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeGate } from '../../../benchmarks/gate/judge-gate.ts';
import { readRelevanceReport, readReports } from '../../../benchmarks/report/read-reports.ts';
import { writeReport } from '../../../benchmarks/report/write-report.ts';
import { InvalidInput } from '../../../domain/errors.ts';
import { makeReport } from './detailed-report.ts';
import { ingestionReport, latencyReport, tuningReport } from './other-reports.ts';

const hit = { documentId: 'd1', title: 'One', score: 0.5, grade: 1 };
const leg = { rank: 1, score: 2, normalized: 1, weight: 0.5, contribution: 0.5 };
const relevanceReport = makeReport(
  { hybrid: [0.5, 0.5], other: [0.5, 0.1] },
  {
    notes: ['a note'],
    comparisons: [
      {
        name: 'other',
        baseline: 'hybrid',
        metric: 'ndcg@10',
        difference: -0.2,
        interval: [-0.3, -0.1],
        pValue: 0.01,
        adjustedPValue: 0.01,
        wins: 0,
        ties: 1,
        losses: 1,
        perQuery: [0, -0.4],
        worst: [
          {
            queryId: 'q1',
            text: 'query',
            value: 0.1,
            baselineValue: 0.5,
            hits: [{ ...hit, breakdown: { lexical: leg, fused: { score: 0.5, rank: 1 } } }],
            baselineHits: [hit],
          },
        ],
      },
    ],
  },
);
const reports = {
  relevance: relevanceReport,
  tuning: tuningReport,
  latency: latencyReport,
  ingestion: ingestionReport,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-reports-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(content: unknown): Promise<string> {
  const file = join(folder, 'given.json');
  await writeFile(file, JSON.stringify(content));
  return file;
}

async function markdownOf(content: unknown): Promise<string> {
  const written = await writeReport(join(folder, 'out'), await readReports(await fileOf(content)));
  return readFile(written.markdown, 'utf8');
}

describe('readReports', () => {
  it.each(Object.entries(reports))('reads a report of %s, with all that it holds', async (_, report) => {
    expect(await readReports(await fileOf(report))).toEqual([JSON.parse(JSON.stringify(report))]);
  });

  it('reads a report of tuning from before steps were tried and queries left out', async () => {
    const { steps: _, notes: __, ...others } = tuningReport;
    const older = { ...others, datasets: [{ name: 'small', training: 4, heldOut: null }] };
    const markdown = await markdownOf(older);
    expect(markdown).toContain('Tuning on small');
    expect(markdown).not.toContain('after the legs');
    expect(await markdownOf(tuningReport)).toContain('after the legs');
    expect(await markdownOf(tuningReport)).toContain('2 judged documents are not in the index');
  });

  it('tells no CPU where none was measured, and none of the client that older reports over HTTP have', async () => {
    const withCpu = (cpu: number | null) =>
      markdownOf({ ...latencyReport, alone: { ...latencyReport.alone, ratio: { p50: 3, cpu } } });
    expect(await withCpu(1.5)).toContain('3.00 × the floor in p50 and 1.50 × in CPU');
    for (const cpu of [0, null]) {
      const markdown = await withCpu(cpu);
      expect(markdown).toContain('3.00 × the floor in p50. The floor');
      expect(markdown).not.toContain('0.00 ×');
    }
  });

  it('refuses what is no report, and one without the values of each query', async () => {
    await expect(readReports(await fileOf({ a: 1 }))).rejects.toThrow(
      'to be the report of a benchmark: benchmark to be one of relevance, tuning, latency, ingestion, got nothing',
    );
    await expect(readReports(await fileOf({ reports: [null] }))).rejects.toThrow('reports.0.benchmark');
    await expect(readReports(await fileOf({ benchmark: 'constructor' }))).rejects.toThrow(InvalidInput);
    await expect(readReports(await fileOf({ benchmark: 'relevance' }))).rejects.toThrow(
      'give the report.json that --runs-out wrote',
    );
  });

  it('names the field of a report that is not as its benchmark writes it', async () => {
    const { judgement: _, ...withoutJudgement } = tuningReport;
    const file = await fileOf({ reports: [latencyReport, withoutJudgement] });
    await expect(readReports(file)).rejects.toThrow(
      `Expected reports.1.judgement of ${file} to be of type object, got nothing`,
    );
  });

  it.each(Object.entries(reports))(
    'refuses a report of %s with any field gone or of another type, or describes it',
    async (_, report) => {
      let refused = 0;
      for (const changed of changes(report)) {
        let read: Awaited<ReturnType<typeof readReports>>;
        try {
          read = await readReports(await fileOf(changed));
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
          refused += 1;
          continue;
        }
        await writeReport(join(folder, 'out'), read);
      }
      expect(refused).toBeGreaterThan(30);
    },
  );
});

describe('readRelevanceReport', () => {
  it('refuses reports of other benchmarks', async () => {
    await expect(readRelevanceReport(await fileOf(tuningReport))).rejects.toThrow('got one of bench tune');
  });

  it('gives the gate nothing that it stumbles over', async () => {
    for (const changed of changes(relevanceReport)) {
      try {
        judgeGate(relevanceReport, await readRelevanceReport(await fileOf(changed)), 'ndcg@10');
        judgeGate(await readRelevanceReport(await fileOf(changed)), relevanceReport, 'ndcg@10');
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput);
      }
    }
  });
});

/** Copies of a report with one value, at any depth, gone or of another type. */
function* changes(report: object): Generator<unknown> {
  for (const path of pathsOf(report)) {
    for (const value of [undefined, null, 'other', 7]) {
      const copy = structuredClone(report);
      const holder = path.slice(0, -1).reduce<unknown>((held, key) => (held as never)[key], copy);
      if (value === undefined && Array.isArray(holder)) continue;
      // Another value of the type is another report, and each one that is drawn takes a while.
      if (value && typeof value === typeof (holder as never)[path.at(-1)!]) continue;
      Object.assign(holder as object, { [path.at(-1)!]: value });
      yield copy;
    }
  }
}

function* pathsOf(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, held] of Object.entries(value)) {
    yield [...path, key];
    yield* pathsOf(held, [...path, key]);
  }
}
