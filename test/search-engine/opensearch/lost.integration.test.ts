import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineUnavailable } from '../../../domain/errors.ts';
import {
  createOpenSearchEngine,
  type OpenSearchEngine,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { startOpenSearch } from '../../servers/opensearch.ts';
import type { OpenSearchServer } from '../../servers/opensearch-server.ts';
import { putDocument } from '../document-builder.ts';
import { freshTenant, scopes } from '../scopes.ts';
import { dimensions, freshPrefix, optionsOf } from './opensearch-subject.ts';

const startTimeoutMs = 240_000;

/** OpenSearch itself is killed here, so that these tests bring their own, whatever OPENSEARCH_URL says. */
describe('the OpenSearch engine, when OpenSearch is lost', () => {
  let server: OpenSearchServer | undefined;
  let engine: OpenSearchEngine;
  const scope = scopes.operator(freshTenant());

  beforeAll(async () => {
    const started = await startOpenSearch({ own: true });
    if (started.how === 'none') return;
    server = started;
    engine = await createOpenSearchEngine(optionsOf(server.url, freshPrefix()));
  }, startTimeoutMs);
  afterAll(async () => {
    await engine?.close();
    await server?.stop();
  }, startTimeoutMs);

  it(
    'fails writes and reads with one clear message, and goes on with every acknowledged write once it is back',
    async ({ skip }) => {
      if (server === undefined) return skip('no OpenSearch of its own can be started here');
      const subject = { ...engine, dimensions };
      const acknowledged: string[] = [];
      const chunksOf = (name: string) => Array.from({ length: 20 }, (_, at) => `needle ${name} ${at}`);
      let failure: unknown;
      const writer = async () => {
        for (let at = 0; failure === undefined; at += 1) {
          const documentId = `document ${String(at).padStart(5, '0')}`;
          try {
            await putDocument(subject, scope, { documentId, chunks: chunksOf(documentId) });
            acknowledged.push(documentId);
          } catch (error) {
            failure = error;
          }
        }
      };
      const writing = writer();
      while (acknowledged.length < 10) await new Promise((resolve) => setTimeout(resolve, 10));
      await server.kill();
      await writing;
      expect(failure).toBeInstanceOf(EngineUnavailable);
      expect((failure as Error).message).toMatch(`Cannot reach OpenSearch at ${server.url}: `);
      const find = () =>
        engine.engine.find(scope, {
          lexical: { text: 'needle', fields: { title: 1, text: 1 }, candidates: 10_000 },
        });
      await expect(find()).rejects.toBeInstanceOf(EngineUnavailable);
      await expect(engine.ready()).rejects.toBeInstanceOf(EngineUnavailable);

      await server.restart();
      await expect.poll(() => engine.ready().then(() => 'ready'), { timeout: 30_000 }).toBe('ready');
      const listed = await engine.documents.list(scope, { limit: 1_000, deleted: true });
      const ids = listed.records.map(({ documentId }) => documentId);
      expect(ids).toEqual(expect.arrayContaining(acknowledged));
      // The write that was under way may have been committed, though nobody was told.
      expect(ids.length - acknowledged.length).toBeLessThanOrEqual(1);
      for (const id of ids) {
        expect((await engine.documents.chunks(scope, id)).map(({ text }) => text)).toEqual(chunksOf(id));
      }
      // What the unfinished write left is removed in the background.
      await expect
        .poll(
          async () => {
            await engine.documents.refresh(scope);
            return (await find()).lexical!.hits.length;
          },
          { timeout: 30_000 },
        )
        .toBe(ids.length * 20);
      const last = `document ${String(acknowledged.length).padStart(5, '0')}`;
      await putDocument(subject, scope, { documentId: last, chunks: ['needle again'], version: 2n });
      expect((await engine.documents.chunks(scope, last)).map(({ text }) => text)).toEqual(['needle again']);
    },
    startTimeoutMs,
  );
});
