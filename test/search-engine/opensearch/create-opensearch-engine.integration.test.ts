import { afterAll, expect, it } from 'vitest';
import { EngineMismatch, EngineUnavailable } from '../../../domain/errors.ts';
import { connect } from '../../../search-engine/opensearch/connection.ts';
import { createOpenSearchEngine } from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { putDocument } from '../document-builder.ts';
import { freshTenant, scopes } from '../scopes.ts';
import { deleteIndices, dimensions, freshPrefix, optionsOf } from './opensearch-subject.ts';

describeWithOpenSearch('createOpenSearchEngine', (url) => {
  const prefixes: string[] = [];
  const fresh = () => {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    return prefix;
  };
  const connection = connect({ url });
  afterAll(async () => {
    for (const prefix of prefixes) await deleteIndices(url, prefix);
    await connection.close();
  });

  it('makes physical indices of the first generation behind a read and a write alias', async () => {
    const prefix = fresh();
    const engine = await createOpenSearchEngine(optionsOf(url, prefix));
    await engine.ready();
    await engine.close();
    const indices = await connection.request<Record<string, { aliases: object }>>({
      method: 'GET',
      path: `/${prefix}-*/_alias`,
    });
    expect(indices[`${prefix}-chunks-000001`]!.aliases).toEqual({
      [`${prefix}-chunks`]: {},
      [`${prefix}-chunks-write`]: { is_write_index: true },
    });
    expect(Object.keys(indices).sort()).toEqual(
      ['chunks', 'documents', 'state', 'vectors'].map((kind) => `${prefix}-${kind}-000001`),
    );
  });

  it('opens once made indices again, with what they hold', async () => {
    const options = optionsOf(url, fresh());
    const scope = scopes.operator(freshTenant());
    const first = await createOpenSearchEngine(options);
    await putDocument({ ...first, dimensions }, scope, { documentId: 'a' });
    await first.close();
    const second = await createOpenSearchEngine(options);
    expect((await second.documents.list(scope, { limit: 1, deleted: false })).records).toHaveLength(1);
    await second.close();
  });

  it('may be called by several processes at once', async () => {
    const options = optionsOf(url, fresh());
    const engines = await Promise.all([1, 2, 3, 4].map(() => createOpenSearchEngine(options)));
    for (const engine of engines) await engine.close();
  });

  it('refuses an index of other dimensions or another model, and says both', async () => {
    const options = optionsOf(url, fresh());
    await (await createOpenSearchEngine(options)).close();
    for (const embedding of [
      { modelId: 'test/model', dimensions: 16 },
      { modelId: 'test/other', dimensions },
    ]) {
      const opened = createOpenSearchEngine({ ...options, embedding });
      await expect(opened).rejects.toBeInstanceOf(EngineMismatch);
      await expect(opened).rejects.toThrow(
        `has ${dimensions} dimensions of model test/model, ` +
          `the configuration asks for ${embedding.dimensions} dimensions of model ${embedding.modelId}`,
      );
    }
  });

  it('refuses an index of that name which is not its own', async () => {
    const prefix = fresh();
    await connection.request({
      method: 'PUT',
      path: `/${prefix}-chunks-000001`,
      body: { aliases: { [`${prefix}-chunks`]: {} } },
    });
    await expect(createOpenSearchEngine(optionsOf(url, prefix))).rejects.toThrow('was not made by Braid');
  });

  it('says that nothing answers, within a few seconds', async () => {
    const started = performance.now();
    const opened = createOpenSearchEngine(optionsOf('http://127.0.0.1:1', 'x'));
    await expect(opened).rejects.toBeInstanceOf(EngineUnavailable);
    await expect(opened).rejects.toThrow(/^Cannot reach OpenSearch at http:\/\/127\.0\.0\.1:1: /);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
