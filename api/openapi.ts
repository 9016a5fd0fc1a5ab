import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Environment } from './environment.ts';

/** Adds /openapi.json: OpenAPI 3.1, made once from the schemas that validate. */
export function mountOpenApi(app: OpenAPIHono<Environment>): void {
  let document: string | undefined;
  app.get('/openapi.json', (context) => {
    document ??= JSON.stringify(
      app.getOpenAPI31Document({
        openapi: '3.1.0',
        info: {
          title: 'Braid',
          version: '1',
          description:
            'Hybrid search and cited answers over your own documents. Unknown fields are refused; errors are `application/problem+json` (RFC 9457) with a stable `type`.',
          license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
        },
        servers: [{ url: '/' }],
        tags: [
          { name: 'Retrieval', description: 'Search and answer' },
          { name: 'Documents', description: 'Store, read and delete' },
          { name: 'Operation', description: 'Health and metrics' },
        ],
      }),
    );
    return context.body(document, 200, { 'Content-Type': 'application/json' });
  });
}
