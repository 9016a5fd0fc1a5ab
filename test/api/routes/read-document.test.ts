import { describe, expect, it } from 'vitest';
import { documentReplySchema, documentsReplySchema, jobSchema } from '../../../api/schemas/document.ts';
import { NotFound } from '../../../domain/errors.ts';
import type { ListPage } from '../../../search-engine/document-store.ts';
import { apiUnderTest, hit, problemIn, record, writeResult } from '../api-under-test.ts';

const shown = {
  documentId: 'a/b',
  version: '12',
  source: 'api',
  title: 'T',
  mediaType: 'text/plain',
  contentHash: 'c0',
  bytes: 5,
  metadata: { lang: 'en' },
  access: { allow: ['group:staff'] },
  chunks: 1,
  updatedAt: '2026-01-02T03:04:05.000Z',
};

describe('GET /v1/documents/{documentId}', () => {
  it('shows what readers may know, with the highest part version as ETag', async () => {
    const asked: string[] = [];
    const { send } = apiUnderTest({
      async document(_scope, documentId) {
        asked.push(documentId);
        return { record, chunks: [] };
      },
    });
    const response = await send('GET', '/v1/documents/a%2Fb');
    expect(response.headers.get('etag')).toBe('"12"');
    const reply = await response.json();
    expect(reply).toEqual(shown);
    expect(documentReplySchema.strict().parse(reply)).toEqual(reply);
    expect(asked).toEqual(['a/b']);
  });

  it('includes the chunks where asked to', async () => {
    const { send } = apiUnderTest({
      document: async () => ({ record, chunks: [{ ...hit.chunk, documentId: 'a/b' }] }),
    });
    const reply = await (await send('GET', '/v1/documents/a%2Fb?include=chunks')).json();
    expect(reply).toEqual({ ...shown, included: { chunks: [hit.chunk] } });
  });

  it('answers 404 for what is not there and for a record that is not live', async () => {
    const { send } = apiUnderTest({
      async document(_scope, documentId) {
        if (documentId === 'gone') throw new NotFound('m');
        const { content: _content, ...parked } = record;
        return { record: parked, chunks: [] };
      },
    });
    expect((await send('GET', '/v1/documents/gone')).status).toBe(404);
    expect(await problemIn(await send('GET', '/v1/documents/parked'))).toMatchObject({ status: 404 });
  });

  it('refuses an unknown include', async () => {
    const { send } = apiUnderTest();
    expect((await send('GET', '/v1/documents/x?include=text')).status).toBe(400);
  });
});

describe('GET /v1/documents', () => {
  it('goes from page to page by the cursor, whatever is in the ids', async () => {
    const pages: ListPage[] = [];
    const { send } = apiUnderTest({
      async documents(_scope, page) {
        pages.push(page);
        return page.after === undefined ? { records: [record], next: 'a/é b' } : { records: [] };
      },
    });
    const first = documentsReplySchema.parse(await (await send('GET', '/v1/documents?limit=1')).json());
    expect(first.documents).toEqual([shown]);
    const second = await (await send('GET', `/v1/documents?limit=1&cursor=${first.cursor}`)).json();
    expect(second).toEqual({ documents: [] });
    expect(pages).toEqual([
      { limit: 1, deleted: false },
      { limit: 1, deleted: false, after: 'a/é b' },
    ]);
  });

  it('lists 100 where no limit is given', async () => {
    const limits: number[] = [];
    const { send } = apiUnderTest({
      async documents(_scope, page) {
        limits.push(page.limit);
        return { records: [] };
      },
    });
    await send('GET', '/v1/documents');
    expect(limits).toEqual([100]);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=',
    'limit=1.5',
    'limit=1e2',
    'cursor=%20',
    'cursor=_w',
    'offset=3',
  ])('refuses ?%s', async (query) => {
    const { send } = apiUnderTest();
    expect((await send('GET', `/v1/documents?${query}`)).status).toBe(400);
  });
});

describe('GET /v1/jobs/{jobId}', () => {
  it('shows a job with its result', async () => {
    const { send } = apiUnderTest({
      async job(_scope, jobId) {
        return {
          jobId,
          state: 'done',
          operation: 'upsert',
          documentId: 'a/b',
          createdAt: '2026-01-02T03:04:05.000Z',
          finishedAt: '2026-01-02T03:04:06.000Z',
          result: writeResult,
        };
      },
    });
    const reply = await (await send('GET', '/v1/jobs/j-1')).json();
    expect(jobSchema.parse(reply)).toMatchObject({ jobId: 'j-1', result: { version: '4' } });
  });

  it('answers 404 for an unknown job, and for an id that none has', async () => {
    const { send } = apiUnderTest({
      async job() {
        throw new NotFound('m');
      },
    });
    expect((await send('GET', '/v1/jobs/j-2')).status).toBe(404);
    expect((await send('GET', '/v1/jobs/%00')).status).toBe(404);
    expect((await send('GET', `/v1/jobs/${'x'.repeat(200)}`)).status).toBe(404);
  });
});
