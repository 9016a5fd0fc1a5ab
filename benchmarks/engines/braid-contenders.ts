import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'undici';
import type { Contender } from './contender.ts';
import { type MeasuredEngine, openMeasured } from './open-measured.ts';
import type { CorpusShape } from './synthetic-corpus.ts';

const fusion = (candidates: number, topK: number) => ({
  topK,
  lexical: { candidates },
  dense: { candidates },
});

/** Braid by library call: the pipeline in this process. Queries are warm, so that none is embedded. */
export async function createBraidLibrary(
  folder: string,
  shape: CorpusShape,
  candidates: number,
  engine: MeasuredEngine = { engine: 'sqlite' },
): Promise<Contender & { embed(text: string): Promise<Float32Array> }> {
  const braid = await openMeasured(folder, shape, engine);
  return {
    name: 'Braid, library',
    embed: (text) => braid.embeddingModel.embedQuery(text),
    load: (onProgress) => braid.load(onProgress),
    async search(query, topK) {
      const scope = braid.scopes.reader(query.tenantId);
      const { results } = await braid.pipeline.search(scope, {
        query: query.text,
        ...fusion(candidates, topK),
      });
      return results.map(({ chunk }) => chunk.text);
    },
    close: () => braid.close(),
  };
}

/** Braid over HTTP: the API in a process of its own, over the index that the library call loaded. */
export async function createBraidHttp(
  folder: string,
  shape: CorpusShape,
  candidates: number,
  engine: MeasuredEngine = { engine: 'sqlite' },
  connections = 1,
): Promise<Contender> {
  const child = fork(new URL('./serve-measured.ts', import.meta.url), [
    folder,
    JSON.stringify(shape),
    JSON.stringify(engine),
  ]);
  // Also where the measurement fails.
  const end = () => child.kill();
  process.once('exit', end);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const dispatcher = new Agent({ connections });
  return {
    name: 'Braid, HTTP',
    async load() {},
    async search(query, topK) {
      const { body, statusCode } = await request(`http://127.0.0.1:${port}/v1/search`, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-braid-tenant': query.tenantId },
        body: JSON.stringify({ query: query.text, ...fusion(candidates, topK) }),
      });
      const reply = (await body.json()) as { results: { chunk: { text: string } }[] };
      if (statusCode !== 200)
        throw new Error(`Expected status 200, got ${statusCode}: ${JSON.stringify(reply)}`);
      return reply.results.map(({ chunk }) => chunk.text);
    },
    async otherCpu() {
      child.send('cpu');
      const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }];
      return cpu;
    },
    async close() {
      await dispatcher.close();
      process.off('exit', end);
      child.kill();
      await once(child, 'exit');
    },
  };
}
