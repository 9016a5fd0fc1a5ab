import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes files (path to lines) into a folder that goes with the test. */
export async function makeDatasetFolder(files: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'braid-dataset-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, lines] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), lines.map((line) => `${line}\n`).join(''));
  }
  return folder;
}

/** Three documents, one without text; two judged queries and one that is not. */
export const smallDataset = {
  'corpus.jsonl': [
    '{"_id":"d1","title":"One","text":"the first text"}',
    '{"_id":"d2","title":"Two","text":"the second text"}',
    '{"_id":"d3","title":"Three","text":""}',
  ],
  'queries.jsonl': [
    '{"_id":"q1","text":"first"}',
    '{"_id":"q2","text":"second"}',
    '{"_id":"q3","text":"never judged"}',
  ],
  'qrels.tsv': ['query-id\tcorpus-id\tscore', 'q1\td1\t2', 'q1\td3\t1', 'q2\td2\t1', 'q2\tgone\t1'],
} as const;
