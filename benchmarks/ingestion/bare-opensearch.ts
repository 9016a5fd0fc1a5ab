import { Pool } from 'undici';
import type { DocumentWrite } from '../../search-engine/document-store.ts';
import { mappingsOf, settingsOf } from '../../search-engine/opensearch/mappings.ts';

/** Writes chunks with an engine's own bulk and nothing else. */
export interface BareBulk {
  readonly description: string;
  write(documents: readonly DocumentWrite[]): Promise<void>;
  remove(): Promise<void>;
}

const chunksPerBulk = 500;

/** Bulks of 500 chunks, one request at a time, into an index with the mapping of Braid's; no records, no old chunks. */
export async function createBareOpenSearch(url: string, prefix: string): Promise<BareBulk> {
  const pool = new Pool(url, { connections: 2 });
  const index = `${prefix}-bare`;
  const request = async (method: 'PUT' | 'POST' | 'DELETE', path: string, body?: string, type = 'json') => {
    const reply = await pool.request({
      method,
      path,
      ...(body !== undefined && { body, headers: { 'content-type': `application/${type}` } }),
    });
    const text = await reply.body.text();
    if (reply.statusCode >= 300 || text.includes('"errors":true')) {
      throw new Error(`Cannot write bare bulk: ${reply.statusCode} ${text.slice(0, 300)}`);
    }
  };
  const options = { shards: 1, replicas: 0 } as Parameters<typeof settingsOf>[1];
  await request(
    'PUT',
    `/${index}`,
    JSON.stringify({ settings: settingsOf('chunks', options), mappings: mappingsOf('chunks', 384) }),
  );
  return {
    description: 'bare _bulk of 500 chunks, the same fields',
    async write(documents) {
      let lines: string[] = [];
      const send = async () => {
        await request('POST', `/${index}/_bulk`, lines.join(''), 'x-ndjson');
        lines = [];
      };
      for (const { record, chunks } of documents) {
        const { tenantId, documentId } = record;
        for (const { chunk, vector } of chunks!.chunks) {
          const source = {
            tenantId,
            documentId,
            documentKey: chunk.chunkId,
            chunkId: chunk.chunkId,
            ordinal: chunk.ordinal,
            title: record.content?.title,
            body: chunk.text,
            vectorId: chunk.chunkId,
            vector: Array.from(vector),
            metadata: Object.entries(record.metadata!.value).map(([key, value]) =>
              typeof value === 'number' ? { key, number: value } : { key, string: value },
            ),
            restricted: false,
          };
          // One shard: any routing will do, and the mapping asks for one.
          lines.push(
            `{"index":{"_id":"${chunk.chunkId}","routing":"${tenantId}"}}\n${JSON.stringify(source)}\n`,
          );
          if (lines.length === chunksPerBulk) await send();
        }
      }
      if (lines.length > 0) await send();
      await request('POST', `/${index}/_refresh`);
    },
    async remove() {
      await request('DELETE', `/${index}`);
      await request('DELETE', `/${prefix}-*`);
      await pool.close();
    },
  };
}
