import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchmarkParsing } from '../../../benchmarks/parsing/run-parsing-benchmark.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'braid-parsing-'));
  await mkdir(join(folder, 'sources'));
  await mkdir(join(folder, 'groundtruth'));
  await writeFile(join(folder, 'sources/a.html'), '<p>one two three</p>');
  await writeFile(join(folder, 'groundtruth/a.html.md'), 'one two three four');
  await writeFile(join(folder, 'b.csv'), 'x,y\n1,2\n');
  await writeFile(join(folder, 'b.csv.md'), '| x | y |\n| - | - |\n| 1 | 2 |');
  await writeFile(join(folder, 'c.json'), '{');
  await writeFile(join(folder, 'notes.unknown'), 'no document');
});
afterAll(() => rm(folder, { recursive: true }));

const settings = {
  processes: 1,
  maxMemoryBytes: 268_435_456,
  timeoutMs: 30_000,
  maxDocumentBytes: 1_000_000,
};

describe('benchmarkParsing', () => {
  it('tells by format what is kept, and what is refused why', async () => {
    const report = await benchmarkParsing([folder], settings);
    expect(report).toMatchObject({ documents: 3, parsed: 2, refused: { corrupt: 1 } });
    expect(report.refusals).toMatchObject([{ path: join(folder, 'c.json'), reason: 'corrupt' }]);
    expect(report.formats).toMatchObject([
      { format: 'csv', parsed: 1, compared: 1, medianRecall: 1, medianOrder: 1 },
      { format: 'html', parsed: 1, compared: 1, medianRecall: 0.75, medianOrder: 0.75 },
      { format: 'json', parsed: 0, compared: 0 },
    ]);
    expect(report.compared.map(({ recall }) => recall)).toEqual([0.75, 1]);
  });

  it('refuses a folder that is not there', async () => {
    await expect(benchmarkParsing([join(folder, 'missing')], settings)).rejects.toThrow('Cannot read');
  });
});
