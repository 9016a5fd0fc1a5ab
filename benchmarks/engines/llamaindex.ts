import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import type { DocumentWrite } from '../../search-engine/document-store.ts';
import type { Contender } from './contender.ts';

const chunksABulk = 500;

/** LlamaIndex over OpenSearch, in a process of its own; `python` has llama-index-vector-stores-opensearch. */
export async function createLlamaIndex(
  python: string,
  url: string,
  index: string,
  candidates: number,
  topK: number,
  connections: number,
): Promise<Contender & { loadDocuments(documents: Iterable<DocumentWrite>): Promise<void> }> {
  const script = fileURLToPath(new URL('./llamaindex_server.py', import.meta.url));
  const child = spawn(python, [script, url, index, String(candidates), String(topK)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Also where the measurement fails.
  process.once('exit', () => child.kill());
  const port = await portOf(child);
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections });
  const engine = new Pool(url, { connections: 1 });
  const read = async <T>(from: Pool, method: 'GET' | 'POST', path: string, type?: string, body?: string) => {
    const reply = await from.request({
      method,
      path,
      ...(body !== undefined && { body, headers: { 'content-type': type! } }),
    });
    const text = await reply.body.text();
    if (reply.statusCode !== 200 || text.includes('"errors":true')) {
      throw new Error(`LlamaIndex or its index answered ${reply.statusCode}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as T;
  };
  return {
    name: 'LlamaIndex, HTTP',
    async load() {},
    async loadDocuments(documents) {
      const { count } = await read<{ count: number }>(engine, 'GET', `/${index}/_count`);
      if (count > 0) return;
      let lines: string[] = [];
      const write = async () => {
        await read(engine, 'POST', `/${index}/_bulk`, 'application/x-ndjson', lines.join(''));
        lines = [];
      };
      for (const { record, chunks } of documents) {
        for (const { chunk, vector } of chunks!.chunks) {
          lines.push(linesOf(record.tenantId, chunk.chunkId, chunk.text, vector));
        }
        if (lines.length >= chunksABulk) await write();
      }
      if (lines.length > 0) await write();
      await read(engine, 'POST', `/${index}/_refresh`);
    },
    async search({ tenantId, text, vector }) {
      const body = JSON.stringify({ tenantId, text, vector: Array.from(vector) });
      const { texts } = await read<{ texts: string[] }>(pool, 'POST', '/', 'application/json', body);
      return texts;
    },
    async otherCpu() {
      return (await read<{ cpu: number }>(pool, 'GET', '/')).cpu;
    },
    async close() {
      await pool.close();
      await engine.close();
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** As the store's own `add` writes a node. */
function linesOf(tenantId: string, id: string, text: string, vector: Float32Array): string {
  const node = {
    id_: id,
    metadata: { tenant: tenantId },
    relationships: {},
    text: '',
    class_name: 'TextNode',
  };
  const source = {
    embedding: Array.from(vector),
    content: text,
    metadata: {
      tenant: tenantId,
      _node_content: JSON.stringify(node),
      _node_type: 'TextNode',
      document_id: 'None',
      doc_id: 'None',
      ref_doc_id: 'None',
    },
  };
  return `${JSON.stringify({ index: { _id: id } })}\n${JSON.stringify(source)}\n`;
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface(child.stdout!)) {
    return (JSON.parse(line) as { port: number }).port;
  }
  throw new Error('LlamaIndex ended before it answered');
}
