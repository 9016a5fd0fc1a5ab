import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { BraidError, EngineUnavailable } from '../../domain/errors.ts';
import { startDeadline } from '../deadline.ts';
import type { ApiOptions, Environment } from '../environment.ts';
import { problemKinds } from '../problem.ts';
import { problemSchema } from '../schemas/problem.ts';

const readyTimeoutMs = 5_000;
const metricsMediaType = 'text/plain; version=0.0.4; charset=utf-8';
const statusSchema = (status: string) => z.object({ status: z.literal(status) });

/** Adds /healthz, /readyz and /metrics: outside the limit of requests served at once, and of no tenant. */
export function mountProbes(app: OpenAPIHono<Environment>, options: ApiOptions): void {
  const registry = app.openAPIRegistry;
  registry.registerPath({
    method: 'get',
    path: '/healthz',
    operationId: 'health',
    tags: ['Operation'],
    summary: 'Tell that the process answers',
    responses: {
      200: { description: 'It does', content: { 'application/json': { schema: statusSchema('ok') } } },
    },
  });
  app.get('/healthz', (context) => context.json({ status: 'ok' }));

  registry.registerPath({
    method: 'get',
    path: '/readyz',
    operationId: 'ready',
    tags: ['Operation'],
    summary: 'Tell whether engine and models can serve',
    responses: {
      200: { description: 'They can', content: { 'application/json': { schema: statusSchema('ready') } } },
      503: {
        description: 'They cannot, or the server is closing',
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    },
  });
  app.get('/readyz', async (context) => {
    if (context.env?.isClosing?.() === true) {
      throw new EngineUnavailable('Cannot serve: the server is closing');
    }
    await readyInTime(options, context.req.raw.signal);
    return context.json({ status: 'ready' });
  });

  registry.registerPath({
    method: 'get',
    path: '/metrics',
    operationId: 'metrics',
    tags: ['Operation'],
    summary: 'Tell all metrics in the text format of Prometheus',
    responses: {
      200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
      ...Object.fromEntries(
        ['unauthenticated', 'forbidden', 'authentication_unavailable'].map((code) => {
          const { status, title } = problemKinds[code]!;
          const content = { 'application/problem+json': { schema: problemSchema } };
          return [status, { description: `${title} (\`${code}\`)`, content }];
        }),
      ),
    },
  });
  app.get('/metrics', async (context) =>
    context.body(await options.prometheus(), 200, { 'Content-Type': metricsMediaType }),
  );
}

async function readyInTime(options: ApiOptions, client: AbortSignal): Promise<void> {
  const deadline = startDeadline(readyTimeoutMs, client);
  try {
    await deadline.bound(options.pipeline.ready());
  } catch (error) {
    if (error instanceof BraidError && error.code === 'deadline_exceeded') {
      throw new EngineUnavailable(
        `Cannot tell within ${readyTimeoutMs} ms that engine and models can serve`,
        {
          cause: error,
        },
      );
    }
    throw error;
  } finally {
    deadline.clear();
  }
}
