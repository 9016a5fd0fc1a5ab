import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkingTable } from '../../../benchmarks/chunking/chunking-table.ts';
import { runChunkingBenchmark } from '../../../benchmarks/chunking/run-chunking-benchmark.ts';
import { type Braid, createBraid } from '../../../braid.ts';
import { loadConfig } from '../../../config.ts';
import { InvalidInput } from '../../../domain/errors.ts';

let folder: string;
let host: Braid;

const openBraid = async (data: string): Promise<Braid> =>
  createBraid(
    await loadConfig({ overrides: { data, log: { level: 'error' } }, environment: {}, cwd: folder }),
  );

const topics = ['The rudder turns the aircraft.', 'The anchor holds the ship.', 'The brake stops the train.'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-bench-chunking-'));
  await mkdir(join(folder, 'set', 'corpora'), { recursive: true });
  const text = topics
    .map((topic) => `${topic} ${'Nothing else is told about it here. '.repeat(30)}`)
    .join('\n\n');
  await writeFile(join(folder, 'set', 'corpora', 'machines.md'), text);
  const lines = topics.map((content, at) => {
    const start = text.indexOf(content);
    const references = [{ content, start_index: start, end_index: start + content.length }];
    const question = `What does the ${content.split(' ')[1]} do?`;
    return JSON.stringify({ _id: `q${at}`, text: question, corpus_id: 'machines', references });
  });
  await writeFile(join(folder, 'set', 'queries.jsonl'), lines.join('\n'));
  await mkdir(join(folder, 'documents'));
  const documents = topics.map((content, at) => JSON.stringify({ _id: `d${at}`, title: '', text: content }));
  await writeFile(
    join(folder, 'documents', 'corpus.jsonl'),
    [...documents, '{"_id":"empty","text":""}'].join('\n'),
  );
  await writeFile(
    join(folder, 'documents', 'queries.jsonl'),
    '{"_id":"q0","text":"what turns an aircraft?"}\n',
  );
  await writeFile(join(folder, 'documents', 'qrels.tsv'), 'query-id\tcorpus-id\tscore\nq0\td0\t1\n');
  host = await openBraid(join(folder, 'host'));
}, 60_000);

afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

const options = (only: readonly string[]) => ({
  dataset: join(folder, 'set'),
  documents: [join(folder, 'documents')],
  only,
  data: join(folder, 'data'),
  onProgress: () => {},
});

describe('runChunkingBenchmark', () => {
  it('measures each way of cutting on an index of its own, and compares it with the default', async () => {
    const names = ['fixed-64', 'hierarchical-512-128', 'semantic-256'];
    const report = await runChunkingBenchmark(options(names), host.embeddingModel, openBraid);
    expect(report).toMatchObject({ dataset: 'set', baseline: 'default', questions: 3 });
    expect(report.configurations.map(({ name }) => name)).toEqual(['default', ...names]);
    const [base, small, hierarchical, semantic] = report.configurations;
    expect(base!.questions.hybrid['recall@10'].difference).toEqual({ mean: 0, interval: [0, 0] });
    // Everything is returned where there are fewer chunks than are asked for.
    expect(base!.questions.hybrid['recall@10'].mean).toBe(1);
    expect(small!.index.chunks).toBeGreaterThan(base!.index.chunks);
    expect(small!.questions.dense['precision@5'].mean).toBeGreaterThan(
      base!.questions.dense['precision@5'].mean,
    );
    expect(small!.questions.dense.precisionOmega.mean).toBeGreaterThan(
      base!.questions.dense.precisionOmega.mean,
    );
    expect(hierarchical!.questions.hybrid['recall@5'].mean).toBe(1);
    expect(base!.index.breakpointTexts).toBe(0);
    // Three topics and one sentence that is always the same.
    expect(semantic!.index.breakpointTexts).toBe(4);
    for (const { documents, index } of report.configurations) {
      expect(documents[0]).toMatchObject({ name: 'documents', index: { documents: 3 } });
      expect(documents[0]!['ndcg@10'].mean).toBe(1);
      expect(index.indexBytes).toBeGreaterThan(0);
    }
    const table = chunkingTable(report).join('\n');
    for (const name of names) expect(table).toContain(`| ${name} |`);
  }, 60_000);

  it('refuses a configuration that there is not', async () => {
    const refused = runChunkingBenchmark(options(['fixed-65']), host.embeddingModel, openBraid);
    await expect(refused).rejects.toThrow(InvalidInput);
  });
});
