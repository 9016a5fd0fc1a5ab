import { describe, expect, it } from 'vitest';
import { apiUnderTest, problemIn, searchResponse } from './api-under-test.ts';

async function refused(
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const { api } = apiUnderTest({}, { maxBodyBytes: 10_000 });
  const response = await api.request('/v1/search', {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
    duplex: 'half',
  } as RequestInit);
  return problemIn(response);
}

describe('readBody', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', 'text/json', 'json'])(
    'refuses %s with 415',
    async (mediaType) => {
      expect(await refused('{"query":"q"}', { 'Content-Type': mediaType })).toMatchObject({
        status: 415,
        type: 'urn:braid:problem:unsupported_media_type',
      });
    },
  );

  it('refuses a body without a media type, which a page of any origin can send', async () => {
    const { api } = apiUnderTest();
    const response = await api.request('/v1/search', {
      method: 'POST',
      body: new TextEncoder().encode('{"query":"q"}'),
    });
    expect(response.status).toBe(415);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/x+json'])(
    'takes %s',
    async (mediaType) => {
      const { send } = apiUnderTest({ search: async () => searchResponse });
      const response = await send('POST', '/v1/search', { query: 'q' }, { 'Content-Type': mediaType });
      expect(response.status).toBe(200);
    },
  );

  it('refuses a compressed body with 415', async () => {
    expect(await refused('{}', { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 415 });
  });

  it('refuses a body by its declared length with 413', async () => {
    expect(await refused('{}', { 'Content-Length': '10001' })).toMatchObject({
      status: 413,
      detail: 'Expected a body of at most 10000 bytes, got more',
    });
  });

  it('refuses a body without a length at the byte that is too many, and reads no further', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1_000;
        controller.enqueue(new Uint8Array(1_000).fill(32));
      },
    });
    expect(await refused(endless)).toMatchObject({ status: 413 });
    expect(sent).toBeLessThan(13_000);
  });

  it.each([
    ['what is not JSON', '{"query":', 'Expected the body to be valid JSON'],
    ['an empty body', '', 'Expected the body to be valid JSON'],
    ['NaN', '{"query":"q","topK":NaN}', 'Expected the body to be valid JSON'],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'Expected the body to be valid UTF-8'],
    ['a lone surrogate', '{"query":"\\ud800"}', 'Expected query to be well-formed Unicode'],
    ['a lone surrogate in a name', '{"\\ud800":1}', 'Expected body to be well-formed Unicode'],
    ['__proto__', '{"query":"q","dense":{"__proto__":{"weight":0}}}', 'Unknown field dense.__proto__'],
    [
      'deep nesting',
      `${'['.repeat(4_000)}${']'.repeat(4_000)}`,
      'Expected the body to be at most 64 deep, got more',
    ],
  ])('refuses %s with 400', async (_, body, detail) => {
    expect(await refused(body)).toMatchObject({ status: 400, detail });
  });

  it('refuses very many values before it checks one', async () => {
    const { send } = apiUnderTest({}, { maxBodyBytes: 1_000_000 });
    const response = await send('POST', '/v1/search', { query: 'q', facets: new Array(60_000).fill(1) });
    expect(await problemIn(response)).toMatchObject({
      status: 400,
      detail: 'Expected the body to have at most 50000 values, got more',
    });
  });

  it('refuses a body where none is taken', async () => {
    const { send } = apiUnderTest();
    const response = await send('DELETE', '/v1/documents/a', '{"version":"3"}', { 'Content-Length': '15' });
    expect(await problemIn(response)).toMatchObject({ status: 400, field: 'body' });
  });
});
