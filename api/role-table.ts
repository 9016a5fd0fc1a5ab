import type { Role } from '../identity/roles.ts';

/** What a route asks of a caller where authentication is on: one of these roles, or nothing at all. */
export type Requirement = readonly Role[] | 'public';

/**
 * Which roles open which route; any one of them does. A route that does not stand here is never served: the server does
 * not start.
 */
export const roleTable: Readonly<Record<string, Requirement>> = {
  'POST /v1/search': ['search'],
  'POST /v1/answer': ['answer'],
  'GET /v1/documents': ['search'],
  'GET /v1/documents/{documentId}': ['search'],
  'PUT /v1/documents/{documentId}': ['ingest'],
  'PATCH /v1/documents/{documentId}': ['ingest'],
  'DELETE /v1/documents/{documentId}': ['ingest'],
  'GET /v1/jobs/{jobId}': ['ingest'],
  'POST /v1/changes': ['ingest'],
  'GET /metrics': ['admin'],
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  // What the API is, not what it holds.
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
  'GET /docs/start.js': 'public',
  'GET /docs/{file}': 'public',
};

/** One route as the router knows it. */
export interface ServedRoute {
  readonly method: string;
  /** With `:name` for parameters. */
  readonly path: string;
}

/** The name under which a route stands in the table. */
export function routeName({ method, path }: ServedRoute): string {
  return `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`;
}

/** True for what runs before routes and is none: `*` at the end, for every method. */
export function isMiddleware({ method, path }: ServedRoute): boolean {
  return method === 'ALL' && path.endsWith('*');
}

/**
 * Checks that each route stands in the table.
 * @throws {Error} naming those that do not
 */
export function requireRoles(routes: readonly ServedRoute[]): void {
  const missing = routes
    .filter((route) => !isMiddleware(route))
    .map(routeName)
    .filter((name) => !Object.hasOwn(roleTable, name));
  if (missing.length > 0) {
    throw new Error(
      `Cannot serve ${[...new Set(missing)].join(', ')}: expected a row in api/role-table.ts for each route`,
    );
  }
}
