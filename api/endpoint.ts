import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Scope } from '../domain/scope.ts';
import { scopeOf } from './authenticate.ts';
import { checkInput } from './check-input.ts';
import type { ApiOptions, Environment } from './environment.ts';
import { problemKinds } from './problem.ts';
import { readBody, refuseBody } from './read-body.ts';
import type { Exact } from './schemas/exact.ts';
import { problemSchema } from './schemas/problem.ts';

/** One checked request, as an endpoint's handler gets it. */
export interface Call<B extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType> {
  readonly context: Context<Environment>;
  readonly options: ApiOptions;
  readonly scope: Scope;
  readonly body: Exact<z.output<B>>;
  readonly query: Exact<z.output<Q>>;
}

/** One method of one path under /v1: what is checked is what the OpenAPI document tells. */
export interface Endpoint<B extends z.ZodType, Q extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** @default none may be sent */
  readonly body?: { readonly schema: B; readonly maxBytes: (maxBodyBytes: number) => number };
  /** A body that the handler reads itself, as it comes. */
  readonly stream?: { readonly mediaType: string; readonly schema: z.ZodType };
  /** @default nothing may be given */
  readonly query?: Q;
  /** Beside `X-Braid-Tenant`. */
  readonly headers?: z.ZodRawShape;
  readonly params?: z.ZodObject;
  readonly responses: RouteConfig['responses'];
  /** Codes of the problems that are its own; those of every endpoint are added. */
  readonly problems: readonly string[];
  handle(call: Call<B, Q>): Promise<Response>;
}

/** Ties the types of an endpoint's body and query to its handler. */
export function defineEndpoint<B extends z.ZodType = z.ZodType, Q extends z.ZodType = z.ZodType>(
  endpoint: Endpoint<B, Q>,
): Endpoint<B, Q> {
  return endpoint;
}

const tenantHeader = z
  .string()
  .regex(/^[a-z0-9_-]{1,64}$/)
  .optional()
  .openapi({ description: 'The tenant; one that does not exist reads as empty', default: 'default' });

const nothing = z.strictObject({});

/** Adds an endpoint to the app and to its OpenAPI document. */
export function mount<B extends z.ZodType, Q extends z.ZodType>(
  app: OpenAPIHono<Environment>,
  options: ApiOptions,
  endpoint: Endpoint<B, Q>,
): void {
  app.openAPIRegistry.registerPath(describe(endpoint));
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
  app.on(endpoint.method.toUpperCase(), path, async (context) => {
    const scope = scopeOf(context, options);
    context.set('tenantId', scope.tenantId);
    context.header('Cache-Control', 'no-store');
    const query = checkInput((endpoint.query ?? nothing) as Q, queryOf(context), 'query');
    return endpoint.handle({
      context,
      options,
      scope,
      query,
      body: await bodyOf(context, endpoint, options),
    });
  });
}

async function bodyOf<B extends z.ZodType, Q extends z.ZodType>(
  context: Context<Environment>,
  endpoint: Endpoint<B, Q>,
  options: ApiOptions,
): Promise<Exact<z.output<B>>> {
  if (endpoint.body === undefined) {
    if (endpoint.stream === undefined) refuseBody(context);
    return undefined as Exact<z.output<B>>;
  }
  const maxBytes = endpoint.body.maxBytes(options.server.maxBodyBytes);
  return checkInput(endpoint.body.schema, await readBody(context, maxBytes), 'body');
}

/** A parameter that is given twice becomes a list, which no schema takes. */
function queryOf(context: Context<Environment>): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  const parameters = new URL(context.req.url).searchParams;
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    query[name] = values.length === 1 ? values[0]! : values;
  }
  return query;
}

/** Problems that every endpoint can answer with. */
const sharedProblems = [
  'invalid_input',
  'request_timeout',
  'unauthenticated',
  'forbidden',
  'rate_limited',
  'misdirected_request',
  'headers_too_large',
  'internal_error',
  'overloaded',
  'engine_unavailable',
  'tenant_deleting',
  'authentication_unavailable',
  'deadline_exceeded',
];

function describe<B extends z.ZodType, Q extends z.ZodType>(endpoint: Endpoint<B, Q>): RouteConfig {
  const codes = [...sharedProblems, ...endpoint.problems];
  if (endpoint.body !== undefined) codes.push('body_too_large', 'unsupported_media_type');
  const responses: RouteConfig['responses'] = { ...endpoint.responses };
  const titles = new Map<number, string[]>();
  for (const code of codes) {
    const { status, title } = problemKinds[code]!;
    titles.set(status, [...(titles.get(status) ?? []), `${title} (\`${code}\`)`]);
  }
  for (const [status, descriptions] of titles) {
    responses[status] = {
      ...((status === 503 || status === 429) && { headers: z.object({ 'Retry-After': z.string() }) }),
      description: descriptions.join('; '),
      content: { 'application/problem+json': { schema: problemSchema } },
    };
  }
  return {
    method: endpoint.method,
    path: endpoint.path,
    operationId: endpoint.operationId,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    ...(endpoint.description !== undefined && { description: endpoint.description }),
    request: {
      headers: z.object({ 'X-Braid-Tenant': tenantHeader, ...endpoint.headers }),
      ...(endpoint.params !== undefined && { params: endpoint.params }),
      ...(endpoint.query instanceof z.ZodObject && { query: endpoint.query }),
      ...(endpoint.body !== undefined && {
        body: { required: true, content: { 'application/json': { schema: endpoint.body.schema } } },
      }),
      ...(endpoint.stream !== undefined && {
        body: {
          required: true,
          content: { [endpoint.stream.mediaType]: { schema: endpoint.stream.schema } },
        },
      }),
    },
    responses,
  };
}
