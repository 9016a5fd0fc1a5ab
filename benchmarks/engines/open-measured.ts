import { type Braid, createBraid } from '../../braid.ts';
import { loadConfig } from '../../config.ts';
import { chunkIdOf } from '../../domain/chunk.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
import { type CorpusShape, chunksOf } from './synthetic-corpus.ts';

export interface MeasuredBraid extends Braid {
  /** @param onProgress told how many tenants are loaded */
  load(onProgress: (tenants: number) => void): Promise<void>;
}

/** Where a measured Braid keeps its index. */
export type MeasuredEngine =
  | { readonly engine: 'sqlite' }
  | {
      readonly engine: 'opensearch';
      readonly opensearch: { readonly url: string; readonly indexPrefix: string };
    };

/** Braid as it is served; the vectors of its chunks are given. */
export async function openMeasured(
  folder: string,
  shape: CorpusShape,
  measured: MeasuredEngine = { engine: 'sqlite' },
): Promise<MeasuredBraid> {
  const config = await loadConfig({
    overrides: { data: folder, ...measured, log: { level: 'silent' } },
    environment: {},
    cwd: folder,
  });
  const braid = await createBraid(config);
  return {
    ...braid,
    async load(onProgress) {
      for (let tenant = 0; tenant < shape.tenants; tenant += 1) {
        const scope = braid.scopes.operator(`t${tenant}`);
        for (const chunk of chunksOf(shape, tenant)) {
          const { tenantId, documentId, text, vector } = chunk;
          await braid.documents.replace(scope, {
            record: recordOf(tenantId, documentId),
            expected: undefined,
            chunks: {
              parents: [],
              chunks: [
                {
                  chunk: {
                    chunkId: chunkIdOf(tenantId, documentId, 0),
                    documentId,
                    ordinal: 0,
                    text,
                    headingPath: [],
                    start: 0,
                    end: text.length,
                    tokens: 60,
                  },
                  fingerprint: documentId,
                  vector,
                },
              ],
            },
          });
        }
        onProgress(tenant + 1);
      }
    },
  };
}

function recordOf(tenantId: string, documentId: string): DocumentRecord {
  return {
    tenantId,
    documentId,
    source: 'synthetic',
    content: {
      version: 1n,
      deleted: false,
      eventHash: documentId,
      contentHash: documentId,
      mediaType: 'text/plain',
      bytes: 1,
      claimed: {},
    },
    chunks: 1,
    recipe: 'given',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
}
