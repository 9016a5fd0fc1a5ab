import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { EngineUnavailable } from '../../../domain/errors.ts';
import { connect } from '../../../search-engine/opensearch/connection.ts';
import { indicesOf } from '../../../search-engine/opensearch/indices.ts';
import { removeDocuments } from '../../../search-engine/opensearch/remove-tenant.ts';

/** What OpenSearch 3.5.0 answered for an index of two shards of which one has no node. */
const recorded: Readonly<Record<string, readonly [status: number, reply: object]>> = {
  _refresh: [200, { _shards: { total: 2, successful: 1, failed: 0 } }],
  _count: [200, { count: 0, _shards: { total: 2, successful: 1, skipped: 0, failed: 0 } }],
  _search: [
    503,
    {
      error: {
        type: 'search_phase_execution_exception',
        reason: '',
        failed_shards: [],
        caused_by: {
          type: 'search_phase_execution_exception',
          reason: 'Search rejected due to missing shards [[chunks][1]]',
        },
      },
      status: 503,
    },
  ],
};

it('does not say that a tenant is removed while a shard that may hold it is away', async () => {
  const server = createServer((request, response) => {
    const [, action = ''] = /\/(_\w+)(?:\?|$)/.exec(request.url!) ?? [];
    const [status, reply] = recorded[action]!;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connection = connect({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  onTestFinished(async () => {
    await connection.close();
    server.close();
  });
  const removal = removeDocuments(connection, indicesOf('test'), 'left');
  await expect(removal).rejects.toBeInstanceOf(EngineUnavailable);
}, 20_000);
