import { serve } from '@hono/node-server';
import { createApi } from '../../api/create-api.ts';
import { openMeasured } from './open-measured.ts';

// The API over the measured index, in a process of its own; tells its CPU time when it is asked.

const [folder, shapeText, engineText] = process.argv.slice(2);
const shape = JSON.parse(shapeText!);
const braid = await openMeasured(folder!, shape, JSON.parse(engineText!));
const api = createApi({
  pipeline: braid.pipeline,
  scopes: braid.scopes,
  telemetry: braid.telemetry,
  prometheus: async () => '',
  server: { concurrency: 64, maxBodyBytes: 1_000_000, timeoutMs: 30_000 },
});
const server = serve({ fetch: api.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
  process.send!({ port }),
);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send!({ cpu: user + system });
});
process.on('SIGTERM', () => {
  server.close();
  void braid.close().then(() => process.exit(0));
});
