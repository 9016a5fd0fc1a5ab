import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerResponse } from '../../domain/answer.ts';
import type { IngestReport } from '../../domain/ingest.ts';
import type { SearchResponse } from '../../domain/search.ts';
import { describeWithOpenSearch } from '../servers/describe-with-opensearch.ts';
import { writeCorpus } from './corpus.ts';
import { type ProgramOptions, runJson, runProgram } from './program.ts';
import { removeIndices } from './remove-indices.ts';

interface Listing {
  readonly documents: readonly {
    readonly documentId: string;
    readonly version: string;
    readonly deleted: boolean;
  }[];
}

describe('documents in, cited answers out, on sqlite', () => {
  describeMainJob('sqlite', (folder) => ({ environment: { BRAID_DATA: join(folder, 'data') } }));
});

describeWithOpenSearch('documents in, cited answers out, on OpenSearch', (url) => {
  const prefix = `braid-main-job-${process.pid}`;
  afterAll(() => removeIndices(url, prefix));
  describeMainJob('opensearch', () => ({
    environment: { OPENSEARCH_URL: url, BRAID_OPENSEARCH_INDEX_PREFIX: prefix },
  }));
});

/** Each test goes on where the one before it ended. */
function describeMainJob(engine: string, optionsIn: (folder: string) => ProgramOptions): void {
  let folder: string;
  let corpus: string;
  let options: ProgramOptions;
  const braid = <T>(...commandLine: string[]) => runJson<T>([...commandLine, '--engine', engine], options);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'braid-main-job-'));
    corpus = writeCorpus(folder);
    options = { cwd: folder, ...optionsIn(folder) };
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('takes in what can be parsed and names what cannot', async () => {
    const report = await braid<IngestReport>('ingest', corpus);
    expect(report.documents).toMatchObject({ seen: 6, indexed: 5, unchanged: 0, refused: { corrupt: 1 } });
    expect(report.refusals).toEqual([
      expect.objectContaining({ name: expect.stringContaining('broken.pdf'), reason: 'corrupt' }),
    ]);
    expect(report.embedded).toBeGreaterThan(0);
    expect(report.truncated).toBe(0);
  });

  it('calls no model for what is there already', async () => {
    const report = await braid<IngestReport>('ingest', corpus);
    expect(report.documents).toMatchObject({ seen: 6, indexed: 0, unchanged: 5 });
    expect(report.embedded).toBe(0);
  });

  it('finds the passage, with the breakdown of its score', async () => {
    const response = await braid<SearchResponse>(
      'search',
      'How much can the blue crane lift?',
      '--top-k',
      '2',
    );
    const [best] = response.results;
    expect(best).toMatchObject({
      rank: 1,
      documentId: 'handbook/machines/crane.md',
      mediaType: 'text/markdown',
    });
    expect(best!.breakdown.lexical?.rank).toBe(1);
    expect(best!.breakdown.dense?.rank).toBe(1);
    expect(best!.score).toBeCloseTo(
      best!.breakdown.lexical!.contribution + best!.breakdown.dense!.contribution,
      6,
    );
    expect(response.request.topK).toBe(2);
    expect(response.degraded).toEqual([]);
  });

  it('answers with sentences that stand in the documents', async () => {
    const response = await braid<AnswerResponse>('answer', 'When does a pilot board a ship?');
    expect(response.abstained).toBe(false);
    expect(response.citations.length).toBeGreaterThan(0);
    for (const { start, end, chunkId, quote } of response.citations) {
      expect(response.answer.text.slice(start, end)).not.toBe('');
      const passage = response.passages.find(({ chunk }) => chunk.chunkId === chunkId);
      expect(passage?.chunk.text).toContain(quote);
    }
    expect(response.citations.map(({ documentId }) => documentId)).toContain('handbook/harbour.md');
  });

  it('keeps another tenant empty', async () => {
    const listing = await braid<Listing>('documents', 'list', '--tenant', 'other');
    expect(listing.documents).toEqual([]);
    const response = await braid<SearchResponse>('search', 'crane', '--tenant', 'other');
    expect(response.results).toEqual([]);
  });

  it('lists documents by id, and one that is deleted only as a tombstone', async () => {
    const before = await braid<Listing>('documents', 'list');
    const ids = before.documents.map(({ documentId }) => documentId);
    expect(ids).toEqual([
      'handbook/harbour.md',
      'handbook/machines/crane.md',
      'handbook/machines/tides.csv',
      'handbook/notice.html',
      'handbook/weather.txt',
    ]);
    await braid('documents', 'delete', 'handbook/machines/crane.md');
    const after = await braid<Listing>('documents', 'list');
    expect(after.documents.map(({ documentId }) => documentId)).toEqual(
      ids.filter((id) => !id.includes('crane')),
    );
    const withTombstones = await braid<Listing>('documents', 'list', '--deleted');
    expect(withTombstones.documents.find(({ deleted }) => deleted)).toMatchObject({
      documentId: 'handbook/machines/crane.md',
      version: '2',
    });
    const response = await braid<SearchResponse>('search', 'How much can the blue crane lift?');
    expect(response.results.map(({ documentId }) => documentId)).not.toContain('handbook/machines/crane.md');
  });

  it('ends with status 1 for a document that does not exist', async () => {
    const { status, stderr } = await runProgram(
      ['documents', 'show', 'nowhere', '--engine', engine],
      options,
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .*nowhere.*\n$/);
  });
}
