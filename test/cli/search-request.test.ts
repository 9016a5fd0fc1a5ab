import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildSearchRequest } from '../../cli/search-request.ts';

describe('buildSearchRequest', () => {
  it('is the text alone where nothing else is given', async () => {
    expect(await buildSearchRequest('a', {})).toEqual({ query: 'a' });
  });

  it('lets options win over the same fields of the request, and keeps its other fields', async () => {
    const request = '{"query":"a","topK":5,"dense":{"weight":0},"nonsense":1}';
    expect(
      await buildSearchRequest(undefined, { request, topK: 7, filter: '{"equals":{"key":"k","value":1}}' }),
    ).toEqual({
      query: 'a',
      topK: 7,
      dense: { weight: 0 },
      // Refused where the request is carried out, like any unknown field.
      nonsense: 1,
      filter: { equals: { key: 'k', value: 1 } },
    });
  });

  it('reads the request from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'braid-request-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'request.json');
    writeFileSync(file, '{"query":"from a file"}');
    expect(await buildSearchRequest(undefined, { request: file })).toEqual({ query: 'from a file' });
  });

  it('refuses a request that is no object', async () => {
    await expect(buildSearchRequest('a', { request: '[1]' })).rejects.toThrow(
      'Expected --request to be a JSON object',
    );
  });
});
