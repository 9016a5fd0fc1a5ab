import { describe, expect, it } from 'vitest';
import { jobSchema, writeResultSchema } from '../../../api/schemas/document.ts';
import { DocumentRefused, SourceConflict, VersionMismatch } from '../../../domain/errors.ts';
import type { DocumentChange, Job, WriteOptions } from '../../../pipeline.ts';
import { apiUnderTest, problemIn, writeResult } from '../api-under-test.ts';

interface Written {
  readonly tenantId: string;
  readonly change: DocumentChange;
  readonly options: WriteOptions | undefined;
}

const job: Job = {
  jobId: 'j-1',
  state: 'queued',
  operation: 'upsert',
  documentId: 'a/b',
  createdAt: '2026-01-02T03:04:05.000Z',
};

/** An API whose pipeline keeps what is written, at once and as jobs. */
function writable() {
  const written: Written[] = [];
  const submitted: Written[] = [];
  const under = apiUnderTest({
    async write(scope, change, options) {
      written.push({ tenantId: scope.tenantId, change, options });
      return writeResult;
    },
    async submit(scope, change, options) {
      submitted.push({ tenantId: scope.tenantId, change, options });
      return job;
    },
  });
  return { ...under, written, submitted };
}

describe('PUT /v1/documents/{documentId}', () => {
  it('takes a document as a job and says where the job is', async () => {
    const { send, submitted, written } = writable();
    const response = await send(
      'PUT',
      '/v1/documents/a%2Fb',
      { content: 'Hello' },
      { 'X-Braid-Tenant': 'acme' },
    );
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe('/v1/jobs/j-1');
    expect(jobSchema.parse(await response.json())).toEqual(job);
    expect(submitted).toEqual([
      {
        tenantId: 'acme',
        change: { operation: 'upsert', document: { documentId: 'a/b', source: 'api', content: 'Hello' } },
        options: {},
      },
    ]);
    expect(written).toEqual([]);
  });

  it.each([
    ['stored', false],
    ['searchable', true],
  ])('waits until a document is %s, and tells its version as ETag', async (wait, searchable) => {
    const { send, written } = writable();
    const response = await send('PUT', `/v1/documents/x?wait=${wait}`, { content: 'Hello' });
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe('"4"');
    const reply = await response.json();
    expect(writeResultSchema.parse(reply)).toEqual({ ...writeResult, version: '4' });
    expect(written[0]?.options).toEqual({ searchable });
  });

  it('passes everything that a document can carry', async () => {
    const { send, written } = writable();
    const bytes = new Uint8Array([0, 255, 37, 80]);
    const body = {
      content: { base64: Buffer.from(bytes).toString('base64') },
      mediaType: 'application/pdf',
      title: 'T',
      uri: 'https://example.org/x',
      source: 'docs',
      version: '9'.repeat(80),
      metadata: { lang: 'en', year: 2024, draft: false, tags: ['a'] },
      access: { allow: ['group:a'], deny: [] },
    };
    await send('PUT', '/v1/documents/x?wait=stored', body);
    const change = written[0]?.change;
    if (change?.operation !== 'upsert') throw new Error('Expected an upsert');
    const { content, ...rest } = change.document;
    expect(new Uint8Array(content as Uint8Array)).toEqual(bytes);
    const { content: _content, ...parts } = body;
    expect(rest).toEqual({ ...parts, documentId: 'x', version: BigInt(body.version) });
  });

  it('refuses metadata named __proto__, which would be lost on its way', async () => {
    const { send } = writable();
    const response = await send('PUT', '/v1/documents/x', '{"content":"x","metadata":{"__proto__":"a"}}');
    expect(await problemIn(response)).toMatchObject({ status: 400, field: 'metadata.__proto__' });
  });

  it.each(['a', 'a=', 'YQ', 'YQ=', 'Y Q==', 'YR==', '-_-_', 'YQ==\n'])(
    'refuses base64 %j',
    async (base64) => {
      const { send } = writable();
      const response = await send('PUT', '/v1/documents/x', { content: { base64 } });
      expect(await problemIn(response)).toMatchObject({ status: 400, field: 'content.base64' });
    },
  );

  it.each([
    [{}, 'content'],
    [{ content: 'x', id: 'y' }, 'id'],
    [{ content: 'x', documentId: 'y' }, 'documentId'],
    [{ content: 'x', source: '' }, 'source'],
    [{ content: 'x', version: 1 }, 'version'],
    [{ content: 'x', title: 'é'.repeat(2_000) }, 'title'],
    [{ content: 'x', metadata: { ['k'.repeat(101)]: 1 } }, `the key "${'k'.repeat(100)}" of metadata`],
    [{ content: 'x', metadata: { a: { b: 1 } } }, 'metadata.a'],
    [
      { content: 'x', metadata: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`k${at}`, at])) },
      'metadata',
    ],
    [{ content: 'x', access: { allow: [''] } }, 'access.allow[0]'],
    [{ content: 'x', access: { allow: ['é'.repeat(400)] } }, 'access.allow'],
  ])('refuses body %# by its field', async (body, field) => {
    const { send } = writable();
    expect(await problemIn(await send('PUT', '/v1/documents/x', body))).toMatchObject({ status: 400, field });
  });

  it.each([
    ['a%2Fb%2Fc', 'a/b/c'],
    ['%C3%A9', 'é'],
    ['a%252Fb', 'a%2Fb'],
    ['%25', '%'],
    ['a%20b%3Fc%23d', 'a b?c#d'],
    ['%F0%9F%92%A1', '💡'],
    ['a+b', 'a+b'],
  ])('decodes document id %s exactly once', async (path, documentId) => {
    const { send, submitted } = writable();
    await send('PUT', `/v1/documents/${path}`, { content: 'x' });
    expect(submitted[0]?.change).toMatchObject({ document: { documentId } });
  });

  it.each(['%FF', '%', '%C3', 'a%ZZ', 'x'.repeat(513), '%C3%A9'.repeat(257)])(
    'refuses document id %s with 400',
    async (path) => {
      const { send } = writable();
      const response = await send('PUT', `/v1/documents/${path}`, { content: 'x' });
      expect(await problemIn(response)).toMatchObject({ status: 400, field: 'documentId' });
    },
  );

  it('does not take an id with an unencoded slash for another', async () => {
    const { send } = writable();
    expect((await send('PUT', '/v1/documents/a/b', { content: 'x' })).status).toBe(404);
  });

  it.each([
    [{ 'If-Match': '"12"' }, { ifVersion: 12n }],
    [{ 'If-Match': '"0"' }, { ifVersion: 0n }],
    [{ 'If-None-Match': '*' }, { ifVersion: null }],
    [{}, {}],
  ])('passes %o as a condition, for jobs too', async (headers: Record<string, string>, condition) => {
    const { send, written, submitted } = writable();
    await send('PUT', '/v1/documents/x?wait=stored', { content: 'x' }, headers);
    await send('PUT', '/v1/documents/x', { content: 'x' }, headers);
    expect(written[0]?.options).toEqual({ ...condition, searchable: false });
    expect(submitted[0]?.options).toEqual(condition);
  });

  it.each([
    [{ 'If-Match': '12' }, 'If-Match'],
    [{ 'If-Match': '*' }, 'If-Match'],
    [{ 'If-Match': 'W/"12"' }, 'If-Match'],
    [{ 'If-Match': '"1", "2"' }, 'If-Match'],
    [{ 'If-Match': '"-1"' }, 'If-Match'],
    [{ 'If-None-Match': '"12"' }, 'If-None-Match'],
    [{ 'If-None-Match': '*', 'If-Match': '"1"' }, 'If-Match'],
  ])('refuses %o, which it could not honour', async (headers: Record<string, string>, field) => {
    const { send } = writable();
    const response = await send('PUT', '/v1/documents/x', { content: 'x' }, headers);
    expect(await problemIn(response)).toMatchObject({ status: 400, field });
  });

  it.each(['wait=soon', 'wait=stored&wait=stored', 'wait=', 'version=3'])('refuses ?%s', async (query) => {
    const { send } = writable();
    expect((await send('PUT', `/v1/documents/x?${query}`, { content: 'x' })).status).toBe(400);
  });

  it.each([
    [new VersionMismatch('m', 7n), { status: 412, stored: '7' }],
    [new SourceConflict('m', 'docs'), { status: 409, owner: 'docs' }],
    [new DocumentRefused('encrypted', 'm'), { status: 422, reason: 'encrypted' }],
  ])('tells %s', async (error, expected) => {
    const { send } = apiUnderTest({
      async write() {
        throw error;
      },
    });
    const response = await send('PUT', '/v1/documents/x?wait=stored', { content: 'x' });
    expect(await problemIn(response)).toMatchObject(expected);
  });

  it('has no deadline of its own while it waits', async () => {
    const { send } = apiUnderTest(
      {
        async write() {
          await new Promise((resolve) => setTimeout(resolve, 40));
          return writeResult;
        },
      },
      { timeoutMs: 10 },
    );
    expect((await send('PUT', '/v1/documents/x?wait=stored', { content: 'x' })).status).toBe(200);
  });
});

describe('PATCH /v1/documents/{documentId}', () => {
  it('passes the parts that it carries, and no others', async () => {
    const { send, written } = writable();
    await send('PATCH', '/v1/documents/a%2Fb?wait=stored', { metadata: { lang: 'de' }, version: '8' });
    await send('PATCH', '/v1/documents/a%2Fb?wait=stored', { access: {}, source: 'docs' });
    expect(written.map(({ change }) => change)).toEqual([
      { operation: 'patch', documentId: 'a/b', metadata: { lang: 'de' }, version: 8n },
      { operation: 'patch', documentId: 'a/b', access: {}, source: 'docs' },
    ]);
  });

  it.each([
    [{}, 'body'],
    [{ version: '1' }, 'body'],
    [{ content: 'x' }, 'content'],
    [{ title: 'x', metadata: {} }, 'title'],
    [{ metadata: null }, 'metadata'],
    [{ metadata: { ['k'.repeat(101)]: 1 } }, `the key "${'k'.repeat(100)}" of metadata`],
    [{ access: { deny: ['é'.repeat(400)] } }, 'access.deny'],
  ])('refuses %o', async (body, field) => {
    const { send } = writable();
    expect(await problemIn(await send('PATCH', '/v1/documents/x', body))).toMatchObject({
      status: 400,
      field,
    });
  });
});

describe('DELETE /v1/documents/{documentId}', () => {
  it('passes version and source of its query', async () => {
    const { send, written, submitted } = writable();
    await send('DELETE', '/v1/documents/x?wait=searchable&version=012&source=docs', undefined, {
      'If-Match': '"3"',
    });
    await send('DELETE', '/v1/documents/x');
    expect(written).toEqual([
      {
        tenantId: 'default',
        change: { operation: 'delete', documentId: 'x', version: 12n, source: 'docs' },
        options: { ifVersion: 3n, searchable: true },
      },
    ]);
    expect(submitted[0]?.change).toEqual({ operation: 'delete', documentId: 'x' });
  });

  it('refuses what it does not know', async () => {
    const { send } = writable();
    expect((await send('DELETE', '/v1/documents/x?force=true')).status).toBe(400);
    expect((await send('DELETE', '/v1/documents/x?version=1.5')).status).toBe(400);
  });
});
