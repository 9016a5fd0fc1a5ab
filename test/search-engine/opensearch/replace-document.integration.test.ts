import { afterAll, expect, it } from 'vitest';
import { DocumentRefused, EngineUnavailable, RevisionConflict } from '../../../domain/errors.ts';
import { type Connection, connect } from '../../../search-engine/opensearch/connection.ts';
import {
  createOpenSearchEngine,
  openEngine,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { TransientFailure } from '../../../search-engine/opensearch/failure.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { buildRecord, buildTombstone, buildWrite, type DocumentSketch } from '../document-builder.ts';
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

  it('leaves no chunk of a writer that was overtaken and died while its chunks were on their way', async () => {
    const scope = scopes.operator(freshTenant());
    const sketchOf = (word: string): DocumentSketch => ({
      documentId: 'a',
      chunks: [`${word} one`, `${word} two`],
    });
    const other = await createOpenSearchEngine(options);
    const put = async (word: string) => {
      const stored = await other.documents.record(scope, 'a');
      const write = buildWrite(scope.tenantId, sketchOf(word), dimensions, stored?.revision);
      await other.documents.replace(scope, write);
    };
    const living = connect({ url });
    let writes = 0;
    const overtaken: Connection = {
      url,
      request: async <T>(call: Parameters<Connection['request']>[0]) => {
        if (call.path === '/_bulk') writes += 1;
        // The intent; the chunks, which arrive late; nothing after them.
        if (call.path === '/_bulk' && writes === 2) await put('needle');
        if (writes > 2) throw new EngineUnavailable('It has died');
        return living.request<T>(call);
      },
      close: () => living.close(),
    };
    const dying = await openEngine(overtaken, options);
    const late = buildWrite(scope.tenantId, sketchOf('needle late'), dimensions, undefined);
    await expect(dying.documents.replace(scope, late)).rejects.toBeInstanceOf(EngineUnavailable);
    await dying.close();

    const stored = async () => {
      await other.documents.refresh(scope);
      const body = { query: { term: { tenantId: scope.tenantId } } };
      const call = { method: 'POST', path: `/${prefix}-chunks/_count`, body } as const;
      const counting = connect({ url });
      const { count } = await counting.request<{ readonly count: number }>(call);
      await counting.close();
      return count;
    };
    expect(await stored()).toBe(4);
    const { lexical } = await other.engine.find(scope, {
      lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 10 },
    });
    const shown = await other.engine.fetch(scope, lexical!.hits, { parents: false });
    expect(shown.map(({ text }) => text).toSorted()).toEqual(['needle one', 'needle two']);
    await expect.poll(stored, { timeout: 10_000 }).toBe(2);
    await put('needle again');
    expect(await stored()).toBe(2);
    await other.close();
  });

  it('shows no late chunk of a document that was forgotten as one of its successor', async () => {
    const scope = scopes.operator(freshTenant());
    const engine = await createOpenSearchEngine(options);
    const connection = connect({ url });
    const { documents } = engine;
    const texts = ['needle one', 'needle two'];
    const sketch: DocumentSketch = { documentId: 'a', chunks: texts };
    await documents.replace(scope, buildWrite(scope.tenantId, sketch, dimensions, undefined));
    await documents.refresh(scope);
    interface Found {
      readonly hits: { readonly hits: readonly { _id: string; _routing: string; _source: object }[] };
    }
    const search = { query: { term: { tenantId: scope.tenantId } } };
    const path = `/${prefix}-chunks/_search`;
    const { hits } = await connection.request<Found>({ method: 'POST', path, body: search });
    const held = await documents.record(scope, 'a');
    await documents.replace(scope, {
      record: buildTombstone(scope.tenantId, 'a', 2n),
      expected: held?.revision,
      chunks: { chunks: [], parents: [] },
    });
    await documents.forget!(scope, 'a', (await documents.record(scope, 'a'))!.revision);
    // As a write that was on its way would: again what there was.
    for (const { _id, _routing, _source } of hits.hits) {
      const at = `/${prefix}-chunks-write/_doc/${_id}`;
      await connection.request({ method: 'PUT', path: at, query: { routing: _routing }, body: _source });
    }
    const next: DocumentSketch = { documentId: 'a', chunks: ['needle new'] };
    await documents.replace(scope, buildWrite(scope.tenantId, next, dimensions, undefined));
    await documents.refresh(scope);
    const { lexical } = await engine.engine.find(scope, {
      lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 10 },
    });
    const shown = await engine.engine.fetch(scope, lexical!.hits, { parents: false });
    expect(shown.map(({ text }) => text)).toEqual(['needle new']);
    await engine.close();
    await connection.close();
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
