import { randomBytes } from 'node:crypto';
import { connect } from '../../../search-engine/opensearch/connection.ts';
import {
  createOpenSearchEngine,
  type OpenSearchEngine,
  type OpenSearchEngineOptions,
} from '../../../search-engine/opensearch/create-opensearch-engine.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';
import type { ContractSubject } from '../contract-subject.ts';

export const dimensions = 8;

/** A prefix that no other test uses. */
export function freshPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** The options of a small engine under this prefix. */
export function optionsOf(
  url: string,
  indexPrefix: string,
  connection: Partial<OpenSearchEngineOptions['connection']> = {},
): OpenSearchEngineOptions {
  return {
    connection: { url, indexPrefix, shards: 1, replicas: 0, ...connection },
    embedding: { modelId: 'test/model', dimensions },
    telemetry: silentTelemetry,
  };
}

/** Opens a fresh, empty engine, whose indices go when it is closed. */
export async function openSubject(
  url: string,
  connection: Partial<OpenSearchEngineOptions['connection']> = {},
): Promise<ContractSubject & OpenSearchEngine> {
  const prefix = freshPrefix();
  const engine = await createOpenSearchEngine(optionsOf(url, prefix, connection));
  return {
    ...engine,
    dimensions,
    close: async () => {
      await engine.close();
      await deleteIndices(url, prefix);
    },
  };
}

/** Deletes the indices of a prefix. */
export async function deleteIndices(url: string, prefix: string): Promise<void> {
  const connection = connect({ url });
  await connection.request({
    method: 'DELETE',
    path: `/${['chunks', 'documents', 'vectors', 'state'].map((kind) => `${prefix}-${kind}-000001`).join(',')}`,
    query: { ignore_unavailable: true },
  });
  await connection.close();
}
