import {
  BraidError,
  DocumentRefused,
  InvalidInput,
  Overloaded,
  RateLimited,
  SourceConflict,
  VersionMismatch,
} from '../domain/errors.ts';

/** An error on the wire: `body` is RFC 9457 problem details, to be sent as `application/problem+json`. */
export interface Problem {
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
    readonly requestId?: string;
    readonly field?: string;
    readonly reason?: string;
    readonly stored?: string | null;
    readonly owner?: string;
  };
}

interface Kind {
  readonly status: number;
  readonly title: string;
  readonly retryAfterSeconds?: number;
}

/** Problems by code: those of domain/errors.ts, and those of HTTP itself. Part of the API: codes and statuses are stable. */
export const problemKinds: Readonly<Record<string, Kind>> = {
  invalid_input: { status: 400, title: 'The input is wrong' },
  unauthenticated: { status: 401, title: 'A valid credential is needed' },
  forbidden: { status: 403, title: 'The credential does not allow this' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'The resource has no such method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  source_conflict: { status: 409, title: 'The document belongs to another source' },
  revision_conflict: { status: 409, title: 'Another writer changed the document at the same time' },
  feed_stopped: { status: 409, title: 'The feed stopped before it did harm' },
  cursor_expired: { status: 410, title: 'The cursor can no longer be continued' },
  version_mismatch: { status: 412, title: 'Another version is stored' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is not JSON' },
  misdirected_request: { status: 421, title: 'The request is meant for another host' },
  document_refused: { status: 422, title: 'The document cannot be taken in' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  rate_limited: { status: 429, title: 'Too many requests', retryAfterSeconds: 1 },
  client_closed: { status: 499, title: 'The client left' },
  internal_error: { status: 500, title: 'Something failed inside' },
  engine_mismatch: { status: 500, title: 'The index does not fit the configuration' },
  model_refused: { status: 502, title: 'A model refuses the call, and would again' },
  overloaded: { status: 503, title: 'Too much is asked at once', retryAfterSeconds: 1 },
  tenant_deleting: { status: 503, title: 'The tenant is being deleted', retryAfterSeconds: 5 },
  authentication_unavailable: {
    status: 503,
    title: 'Credentials cannot be checked at present',
    retryAfterSeconds: 5,
  },
  engine_unavailable: { status: 503, title: 'The search engine is not available', retryAfterSeconds: 5 },
  model_unavailable: { status: 503, title: 'A model is not available', retryAfterSeconds: 5 },
  objects_refused: { status: 502, title: 'The object store refused' },
  objects_unavailable: { status: 503, title: 'The object store is not available', retryAfterSeconds: 5 },
  deadline_exceeded: { status: 504, title: 'The request took too long' },
};

const internalError: Kind = { status: 500, title: 'Something failed inside' };

/** Makes the problem of any error: the only place where errors become HTTP. What is unknown tells nothing of its inside. */
export function problemOf(error: unknown, requestId?: string): Problem {
  const known = error instanceof BraidError ? problemKinds[error.code] : undefined;
  const kind = known ?? internalError;
  const code = known !== undefined && error instanceof BraidError ? error.code : 'internal_error';
  const detail =
    known !== undefined && error instanceof BraidError
      ? error.message
      : `Cannot complete the request because of an internal error${requestId === undefined ? '' : `, logged under request id ${requestId}`}`;
  const retryAfterSeconds =
    error instanceof Overloaded || error instanceof RateLimited
      ? error.retryAfterSeconds
      : kind.retryAfterSeconds;
  return {
    code,
    status: kind.status,
    headers: {
      ...(retryAfterSeconds !== undefined && { 'Retry-After': String(Math.ceil(retryAfterSeconds)) }),
      ...(kind.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    },
    body: {
      type: `urn:braid:problem:${code}`,
      title: kind.title,
      status: kind.status,
      detail,
      ...(requestId !== undefined && { requestId }),
      ...(error instanceof InvalidInput && { field: error.field }),
      ...(error instanceof DocumentRefused && { reason: error.reason }),
      ...(error instanceof VersionMismatch && { stored: error.stored?.toString() ?? null }),
      ...(error instanceof SourceConflict && { owner: error.owner }),
    },
  };
}
