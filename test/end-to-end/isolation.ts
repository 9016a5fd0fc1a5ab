import { type Api, createApi } from '../../api/create-api.ts';
import { type Braid, createBraid } from '../../braid.ts';
import { loadConfig, type PartialConfig } from '../../config.ts';

/** True where the counts that the promises rest on are asked for: `BRAID_ISOLATION=full`, about half an hour. */
export const isFull = process.env.BRAID_ISOLATION === 'full';

/** For whoever reads the log of a run: how many of how many, and the 95 % bound for a zero (the rule of three). */
export function tell(what: string, found: number, tried: number): void {
  const bound = found === 0 ? `, at most ${(3 / tried).toPrecision(2)} with 95 % confidence` : '';
  process.stderr.write(`${what}: ${found} of ${tried}${bound}\n`);
}

/** A word that stands in every field of a tenant's documents but their text, which is the same in all tenants. */
export function markOf(tenantId: string): string {
  return `mark-${tenantId}-end`;
}

/** The tenants whose marks a text holds. */
export function marksIn(text: string): string[] {
  return [...new Set([...text.matchAll(/mark-([a-z0-9]+)-end/g)].map(([, tenantId]) => tenantId!))];
}

/** A whole Braid with authentication, and its API without a port. */
export interface GuardedBraid {
  readonly braid: Braid;
  readonly api: Api;
  /** Sends a request with a key; JSON where there is a body. */
  send(
    key: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  /** Makes a key of a tenant that reads as these principals. */
  keyOf(tenantId: string, principals?: readonly string[], roles?: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Opens Braid in a folder, with what else the configuration should say. */
export async function openGuardedBraid(folder: string, overrides: PartialConfig = {}): Promise<GuardedBraid> {
  const config = await loadConfig({
    cwd: folder,
    environment: {},
    overrides: {
      ...overrides,
      authentication: { apiKeys: true, ...overrides.authentication },
      log: { level: 'error' },
    },
  });
  const braid = await createBraid(config);
  const { pipeline, scopes, telemetry, prometheus, authenticator, audit, apiKeys } = braid;
  const api = createApi({
    pipeline,
    scopes,
    telemetry,
    prometheus,
    server: config.server,
    limits: config.limits,
    authentication: { authenticator: authenticator!, audit },
  });
  return {
    braid,
    api,
    async send(key, method, path, body, headers = {}) {
      return api.request(path, {
        method,
        headers: {
          Authorization: `Bearer ${key}`,
          ...headers,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    },
    async keyOf(tenantId, principals = [], roles = ['search', 'answer', 'ingest']) {
      return (await apiKeys.create({ tenantId, principals, roles })).key;
    },
    close: () => braid.close(),
  };
}

const words = ['harbour', 'basin', 'pilot', 'tide', 'crane', 'mooring', 'gate', 'lantern', 'rope', 'quay'];

/** Gives each tenant documents with the same ids and the same texts, and marks of its own beside them. */
export async function fillTenants(
  { braid }: GuardedBraid,
  tenants: readonly string[],
  documents: number,
): Promise<void> {
  for (const tenantId of tenants) {
    const scope = braid.scopes.operator(tenantId);
    const mark = markOf(tenantId);
    const write = (at: number) =>
      braid.pipeline.write(scope, {
        operation: 'upsert',
        document: {
          documentId: `shared/${at}`,
          source: 'isolation',
          mediaType: 'text/plain',
          title: `Note ${at} ${mark}`,
          uri: `https://example.test/${mark}/${at}`,
          content: textOf(at),
          metadata: { owner: mark, parity: at % 2 === 0 ? 'even' : 'odd', [`key-${mark}`]: true, number: at },
        },
      });
    const queue = Array.from({ length: documents }, (_, at) => at);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let at = queue.shift(); at !== undefined; at = queue.shift()) await write(at);
      }),
    );
    await braid.documents.refresh(scope);
  }
}

function textOf(at: number): string {
  const [first, second] = [words[at % words.length], words[(at * 7 + 3) % words.length]];
  return `The ${first} of note ${at} closes when the ${second} turns.`;
}

/** A word of the texts. */
export function wordAt(at: number): string {
  return words[at % words.length]!;
}
