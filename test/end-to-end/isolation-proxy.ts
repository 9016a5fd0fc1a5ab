import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it went to the engine. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly body: string;
}

/** A proxy before OpenSearch that keeps what is sent through it. */
export interface RecordingProxy {
  readonly url: string;
  /** Gives what was recorded since the last call, and forgets it. */
  take(): RecordedRequest[];
  close(): Promise<void>;
}

/** Starts a proxy on a free port of loopback. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  let recorded: RecordedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const body = Buffer.concat(parts);
      const { method = '', url = '' } = incoming;
      recorded.push({ method, path: url.split('?')[0]!, body: body.toString() });
      const { host: _, ...headers } = incoming.headers;
      const forwarded = send(`${target}${url}`, { method, headers }, (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = recorded;
      recorded = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

type Json = { readonly [name: string]: Json } | readonly Json[] | string | number | boolean | null;

/** How many queries of a request read documents, and which of them lack the scope of the tenant. */
export function unscopedQueries(
  { method, path, body }: RecordedRequest,
  tenantId: string,
  keys: ReadonlySet<string>,
): { readonly queries: number; readonly unscoped: string[] } {
  // Said by shape, so that a kind of request that nobody has thought of counts as unscoped.
  if (/\/_refresh$|^\/_cluster\/health/.test(path)) return { queries: 0, unscoped: [] };
  const isState = /-state(-write)?\//.test(path);
  // By an id that is made of owner, collection and key.
  if (isState && /\/_(doc|create)\//.test(path)) return { queries: 0, unscoped: [] };
  if (method === 'GET' && /-documents\/_doc\//.test(path)) {
    const key = path.split('/').at(-1)!;
    return { queries: 1, unscoped: keys.has(key) ? [] : [path] };
  }
  if (path.endsWith('/_mget')) {
    const { docs = [] } = JSON.parse(body) as { docs?: { routing?: string }[] };
    const strangers = docs.filter(({ routing }) => routing === undefined || !keys.has(routing));
    return { queries: 1, unscoped: strangers.length > 0 || docs.length === 0 ? [body] : [] };
  }
  if (path.endsWith('/_msearch')) {
    const lines = body.trim().split('\n');
    const searches = lines.filter((_, at) => at % 2 === 1);
    return { queries: searches.length, unscoped: searches.filter((search) => !isScoped(search, tenantId)) };
  }
  if (path.endsWith('/_search')) return { queries: 1, unscoped: isScoped(body, tenantId) ? [] : [body] };
  return { queries: 1, unscoped: [`${method} ${path}`] };
}

/** True where tenant, access list and expiry stand in the filter of the query, and in that of the nearest neighbours. */
function isScoped(search: string, tenantId: string): boolean {
  const { query } = JSON.parse(search) as { query?: Json };
  const filter =
    at(query, 'knn') === undefined
      ? at(query, 'bool', 'filter')
      : at(query, 'knn', 'vector', 'filter', 'bool', 'filter');
  if (!Array.isArray(filter)) return false;
  const hasTenant = filter.some((clause: Json) => at(clause, 'term', 'tenantId') === tenantId);
  const hasAccess = filter.some((clause: Json) => {
    const denied = at(clause, 'bool', 'must_not');
    return (
      Array.isArray(denied) &&
      denied.some((one: Json) => at(one, 'terms', 'deny') !== undefined) &&
      denied.some((one: Json) => at(one, 'range', 'expiresAt', 'lte') !== undefined) &&
      at(clause, 'bool', 'minimum_should_match') === 1
    );
  });
  return hasTenant && hasAccess;
}

function at(value: Json | undefined, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>(
    (held, name) =>
      typeof held === 'object' && held !== null && !Array.isArray(held)
        ? (held as { readonly [name: string]: Json })[name]
        : undefined,
    value,
  );
}
