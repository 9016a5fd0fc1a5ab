import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Environment } from './environment.ts';
import { roleTable } from './role-table.ts';

/** How a credential is shown; both carry an API key or a token alike. */
const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key of `braid keys create`, or a JWT of the configured issuer',
  },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'The same as `Authorization: Bearer`, for tools that set a header of their own',
  },
} as const;

/** Adds to each operation what it asks of a caller where authentication is on: the role table, not a copy of it. */
function withRequirements<D extends { paths?: object; components?: object }>(document: D): D {
  const paths = Object.entries(document.paths ?? {}).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations as Record<string, object>).map(([method, operation]) => [
        method,
        { ...operation, ...requirementOf(`${method.toUpperCase()} ${path}`) },
      ]),
    ),
  ]);
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { ...document.components, securitySchemes },
  };
}

function requirementOf(route: string): object {
  const roles = roleTable[route];
  if (roles === undefined || roles === 'public') return { security: [] };
  // OpenAPI 3.1 lets any scheme list the roles that it needs; each alone is enough.
  const security = roles.flatMap((role) =>
    Object.keys(securitySchemes).map((scheme) => ({ [scheme]: [role] })),
  );
  return { security, 'x-braid-roles': roles };
}

/** Adds /openapi.json: OpenAPI 3.1, made once from the schemas that validate. */
export function mountOpenApi(app: OpenAPIHono<Environment>): void {
  let document: string | undefined;
  app.get('/openapi.json', (context) => {
    document ??= JSON.stringify(
      withRequirements(
        app.getOpenAPI31Document({
          openapi: '3.1.0',
          info: {
            title: 'Braid',
            version: '1',
            description:
              'Hybrid search and cited answers over your own documents. Unknown fields are refused; errors are `application/problem+json` (RFC 9457) with a stable `type`. Where authentication is configured, each operation needs a credential with one of the roles in `x-braid-roles`; where it is not, none is looked at.',
            license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
          },
          servers: [{ url: '/' }],
          tags: [
            { name: 'Retrieval', description: 'Search and answer' },
            { name: 'Documents', description: 'Store, read and delete' },
            { name: 'Operation', description: 'Health and metrics' },
          ],
        }),
      ),
    );
    return context.body(document, 200, { 'Content-Type': 'application/json' });
  });
}
