import { afterAll, expect, it } from 'vitest';
import { DocumentRefused, EngineUnavailable, RevisionConflict } from '../../../domain/errors.ts';
import { type Connection, connect } from '../../../search-engine/opensearch/connection.ts';
import {
  createOpenSearchEngine,
  openEngine,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { TransientFailure } from '../../../search-engine/opensearch/failure.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { buildRecord, buildWrite, type DocumentSketch } from '../document-builder.ts';
import { freshTenant, scopes } from '../scopes.ts';
import { deleteIndices, dimensions, freshPrefix, optionsOf } from './opensearch-subject.ts';

describeWithOpenSearch('commitDocument', (url) => {
  const prefix = freshPrefix();
  const options = optionsOf(url, prefix);
  afterAll(() => deleteIndices(url, prefix));

  it('keeps its chunks where its answer is lost and another writer changes the document meanwhile', async () => {
    const scope = scopes.operator(freshTenant());
    const sketch: DocumentSketch = { documentId: 'a', chunks: ['one', 'two'], metadata: { step: 1 } };
    const other = await createOpenSearchEngine(options);
    const changeMetadata = async () => {
      const stored = await other.documents.record(scope, 'a');
      const record = buildRecord(scope.tenantId, { ...sketch, version: 2n });
      await other.documents.replace(scope, { record, expected: stored?.revision });
    };
    const living = connect({ url });
    let writes = 0;
    const losing: Connection = {
      url,
      request: async <T>(call: Parameters<Connection['request']>[0]) => {
        const reply = await living.request<T>(call);
        if (call.path === '/_bulk') writes += 1;
        // The intent, the chunks, the commit.
        if (call.path === '/_bulk' && writes === 3) {
          await changeMetadata();
          throw new TransientFailure('The answer is lost', true);
        }
        return reply;
      },
      close: () => living.close(),
    };
    const engine = await openEngine(losing, options);
    const write = engine.documents.replace(scope, buildWrite(scope.tenantId, sketch, dimensions, undefined));
    await expect(write).rejects.toBeInstanceOf(RevisionConflict);
    const chunks = await other.documents.chunks(scope, 'a');
    expect(chunks.map(({ text }) => text)).toEqual(['one', 'two']);
    expect((await other.documents.record(scope, 'a'))?.record.content?.version).toBe(2n);
    await engine.close();
    await other.close();
  });

  it('tells that chunks are refused where they cannot be taken back now, and takes them back later', async () => {
    const scope = scopes.operator(freshTenant());
    const sketch: DocumentSketch = { documentId: 'a', chunks: ['one', 'two'] };
    const living = connect({ url });
    const refused = { status: 400, error: { type: 'mapper_parsing_exception', reason: 'failed to parse' } };
    let writes = 0;
    const refusing: Connection = {
      url,
      request: async <T>(call: Parameters<Connection['request']>[0]) => {
        if (call.path === '/_bulk') writes += 1;
        // The intent, the chunks of which one is stored, their deletion.
        if (call.path === '/_bulk' && writes === 3) throw new EngineUnavailable('Not now');
        const reply = await living.request<T>(call);
        if (call.path !== '/_bulk' || writes !== 2) return reply;
        const { items } = reply as { readonly items: readonly unknown[] };
        return { errors: true, items: items.with(1, { index: refused }) } as T;
      },
      close: () => living.close(),
    };
    const engine = await openEngine(refusing, options);
    const write = engine.documents.replace(scope, buildWrite(scope.tenantId, sketch, dimensions, undefined));
    await expect(write).rejects.toBeInstanceOf(DocumentRefused);
    const chunks = async () => {
      await living.request({ method: 'POST', path: `/${prefix}-chunks/_refresh` });
      const query = { term: { tenantId: scope.tenantId } };
      const call = { method: 'POST', path: `/${prefix}-chunks/_count`, body: { query } } as const;
      return (await living.request<{ readonly count: number }>(call)).count;
    };
    expect(await chunks()).toBe(2);
    await expect.poll(chunks, { timeout: 10_000 }).toBe(0);
    await engine.close();
  });
});
