import { afterAll, describe, expect, it } from 'vitest';
import { EngineUnavailable } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';
import { connect } from '../../../search-engine/opensearch/connection.ts';
import {
  createOpenSearchEngine,
  type OpenSearchEngine,
  openEngine,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { describeWithOpenSearch } from '../../servers/describe-with-opensearch.ts';
import { buildRecord, buildTombstone, buildWrite, type DocumentSketch } from '../document-builder.ts';
import { freshTenant, scopes } from '../scopes.ts';
import { dyingConnection } from './dying-connection.ts';
import { deleteIndices, dimensions, freshPrefix, optionsOf } from './opensearch-subject.ts';

const before: DocumentSketch = {
  documentId: 'a',
  title: 'before',
  chunks: Array.from({ length: 6 }, (_, at) => `needle before ${at}`),
  parents: [{ ordinal: 0, text: 'parent before', start: 0, end: 13 }],
  metadata: { state: 'before' },
};
const after: DocumentSketch = {
  documentId: 'a',
  title: 'after',
  // Three requests of 5 MB each, so that a crash can fall between them.
  chunks: Array.from({ length: 3 }, (_, at) => `needle after ${at}${' '.repeat(2_700_000)}end`),
  metadata: { state: 'after' },
  version: 2n,
};

type Step = (scope: Scope, engine: OpenSearchEngine) => Promise<void>;

const put =
  (sketch: DocumentSketch): Step =>
  async (scope, { documents }) => {
    const stored = await documents.record(scope, sketch.documentId);
    await documents.replace(scope, buildWrite(scope.tenantId, sketch, dimensions, stored?.revision));
  };
const patch: Step = async (scope, { documents }) => {
  const stored = await documents.record(scope, 'a');
  const record = buildRecord(scope.tenantId, {
    ...before,
    title: 'after',
    metadata: { state: 'after' },
    version: 2n,
  });
  await documents.replace(scope, { record, expected: stored?.revision });
};
const remove: Step = async (scope, { documents }) => {
  const stored = await documents.record(scope, 'a');
  await documents.replace(scope, {
    record: buildTombstone(scope.tenantId, 'a', 2n),
    expected: stored?.revision,
    chunks: { chunks: [], parents: [] },
  });
};

const cases: Record<string, { first?: Step; step: Step; writes: number }> = {
  'the first write of a document': { step: put(before), writes: 3 },
  'the replacement of a document by a large one': { first: put(before), step: put(after), writes: 7 },
  'a change of metadata alone': { first: put(before), step: patch, writes: 5 },
  'a deletion': { first: put(before), step: remove, writes: 3 },
};

describeWithOpenSearch('replace of the OpenSearch engine, when its process dies', (url) => {
  const prefix = freshPrefix();
  const options = optionsOf(url, prefix);
  afterAll(() => deleteIndices(url, prefix));

  describe.each(Object.entries(cases))('during %s', (_, { first, step, writes }) => {
    const moments = Array.from({ length: writes }, (_, at) => [
      [at + 1, 'before'] as const,
      [at + 1, 'after'] as const,
    ]).flat();

    it.each(moments)(
      'at write %i, %s it is done, leaves the document wholly old or wholly new once it is opened again',
      async (write, moment) => {
        const scope = scopes.operator(freshTenant());
        const dying = dyingConnection(url);
        const engine = await openEngine(dying.connection, options);
        await first?.(scope, engine);
        const old = await viewOf(scope, engine);
        dying.dieAt(write, moment);
        const outcome = await step(scope, engine).then(
          () => 'acknowledged',
          (error: unknown) => error,
        );
        expect(dying.isDead()).toBe(true);
        await engine.close();

        const again = await createOpenSearchEngine(options);
        const found = await viewOf(scope, again);
        if (outcome === 'acknowledged') expect(found.record).not.toEqual(old.record);
        else expect(outcome).toBeInstanceOf(EngineUnavailable);
        if (JSON.stringify(found.record) === JSON.stringify(old.record)) expect(found).toEqual(old);
        else expect(found).toEqual(await undisturbed(step, first, options));
        expect(await chunksStored(url, prefix, scope.tenantId)).toBe(
          found.chunks.length + (found.chunks[0]?.includes('before') ? 1 : 0),
        );
        await step(scope, again);
        expect(await viewOf(scope, again)).toEqual(await undisturbed(step, first, options));
        await again.close();
      },
      60_000,
    );

    it('has as many writes as the cases above go through', async () => {
      const scope = scopes.operator(freshTenant());
      const dying = dyingConnection(url);
      const engine = await openEngine(dying.connection, options);
      await first?.(scope, engine);
      dying.dieAt(Number.POSITIVE_INFINITY, 'before');
      await step(scope, engine);
      expect(dying.writes()).toBe(writes);
      await engine.close();
    });
  });

  it('shows other processes nothing of a first write that was never finished, and no mixture of a later one', async () => {
    const scope = scopes.operator(freshTenant());
    const reader = await createOpenSearchEngine(options);
    for (const { step, held } of [
      { step: put(before), held: [] },
      { step: put(after), held: before.chunks! },
    ]) {
      const dying = dyingConnection(url);
      const writer = await openEngine(dying.connection, options);
      if (held.length > 0) await put(before)(scope, writer);
      // The chunks are in, the commit is not.
      dying.dieAt(held.length > 0 ? 5 : 3, 'before');
      await expect(step(scope, writer)).rejects.toBeInstanceOf(EngineUnavailable);
      await reader.documents.refresh(scope);
      const view = await viewOf(scope, reader);
      expect(view.shown).toEqual(held);
      expect(view.chunks).toEqual(held);
      await writer.close();
    }
    await reader.close();
  }, 60_000);

  it('lets a writer that was only slow fail, and takes its chunks away', async () => {
    const scope = scopes.operator(freshTenant());
    const engine = await createOpenSearchEngine(options);
    await put(before)(scope, engine);
    const slow = connect({ url });
    let opened: OpenSearchEngine | undefined;
    const paused = await openEngine(
      {
        url,
        close: () => slow.close(),
        request: async <T>(call: Parameters<typeof slow.request>[0]) => {
          const isCommit = call.path === '/_bulk' && call.lines?.includes('\\"title\\":\\"after') === true;
          if (isCommit && opened === undefined) opened = await createOpenSearchEngine(options);
          return slow.request<T>(call);
        },
      },
      options,
    );
    await expect(put(after)(scope, paused)).rejects.toThrow(/another writer/);
    expect((await viewOf(scope, engine)).shown).toEqual(before.chunks);
    expect(await chunksStored(url, prefix, scope.tenantId)).toBe(7);
    await Promise.all([paused.close(), opened?.close(), engine.close()]);
  }, 60_000);
});

/** Everything that readers see of the tenant. */
async function viewOf(scope: Scope, { engine, documents }: OpenSearchEngine) {
  await documents.refresh(scope);
  const { lexical, facets } = await engine.find(scope, {
    lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 100 },
    facets: [{ key: 'state' }],
  });
  const shown = await engine.fetch(scope, lexical!.hits, { parents: true });
  return {
    record: (await documents.list(scope, { limit: 10, deleted: true })).records.map(
      ({ documentId, content, metadata }) => [documentId, content?.title, metadata?.value],
    ),
    chunks: (await documents.chunks(scope, 'a')).map(({ text }) => text),
    shown: shown.sort((left, right) => left.ordinal - right.ordinal).map(({ text }) => text),
    titles: [...new Set(shown.map(({ title }) => title))],
    facets,
  };
}

const views = new Map<Step, Promise<Awaited<ReturnType<typeof viewOf>>>>();

/** What the same writes leave where nothing dies. */
function undisturbed(step: Step, first: Step | undefined, options: ReturnType<typeof optionsOf>) {
  const made = async () => {
    const scope = scopes.operator(freshTenant());
    const engine = await createOpenSearchEngine(options);
    await first?.(scope, engine);
    await step(scope, engine);
    const view = await viewOf(scope, engine);
    await engine.close();
    return view;
  };
  const view = views.get(step) ?? made();
  views.set(step, view);
  return view;
}

/** Chunks and parents that lie in the index, of whatever write. */
async function chunksStored(url: string, prefix: string, tenantId: string): Promise<number> {
  const connection = connect({ url });
  await connection.request({ method: 'POST', path: `/${prefix}-chunks/_refresh` });
  const reply = await connection.request<{ count: number }>({
    method: 'POST',
    path: `/${prefix}-chunks/_count`,
    body: { query: { term: { tenantId } } },
  });
  await connection.close();
  return reply.count;
}
