import { errors } from '@opensearch-project/opensearch';
import { BraidError, EngineUnavailable } from '../../domain/errors.ts';

/** What OpenSearch says of an error. */
export interface ErrorReply {
  readonly type?: string;
  readonly reason?: string;
  readonly root_cause?: readonly { readonly type?: string; readonly reason?: string }[];
  readonly caused_by?: ErrorReply;
  readonly failed_shards?: readonly { readonly reason?: ErrorReply }[];
}

/** Failed for now: the same request may succeed in a moment. */
export class TransientFailure extends EngineUnavailable {
  /** Nothing answered, so that it is not known whether the request was carried out. */
  readonly isUnanswered: boolean;

  constructor(message: string, isUnanswered: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isUnanswered = isUnanswered;
  }
}

/** OpenSearch understood the request and refuses it; the same request will be refused again. */
export class Rejection extends BraidError {
  readonly status: number;
  readonly type: string;

  constructor(message: string, status: number, type: string, options?: ErrorOptions) {
    super('engine_rejection', message, options);
    this.status = status;
    this.type = type;
  }
}

/** Type of the refusal of facets with more buckets than the cluster allows (65,535 unless set otherwise). */
export const tooManyBuckets = 'too_many_buckets_exception';

/** Puts an error of the client into the words of Braid. `url` has no credentials. */
export function failureOf(error: unknown, url: string): unknown {
  if (error instanceof errors.ResponseError) {
    const body: unknown = error.body;
    return replyFailure(error.statusCode ?? 0, errorReplyOf(body), url, error);
  }
  if (
    error instanceof errors.ConnectionError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.NoLivingConnectionsError
  ) {
    const reason = error.message || 'no connection';
    return new TransientFailure(`Cannot reach OpenSearch at ${url}: ${reason}`, true, { cause: error });
  }
  return error;
}

/** The same for a part of a reply: a search of several, an item of a bulk. */
export function replyFailure(
  status: number,
  reply: ErrorReply,
  url: string,
  cause?: unknown,
): EngineUnavailable | Rejection {
  const options = cause === undefined ? {} : { cause };
  const deepest = deepestOf(reply.failed_shards?.[0]?.reason ?? reply);
  const reason =
    deepest.reason ?? reply.root_cause?.[0]?.reason ?? reply.reason ?? reply.type ?? 'no reason given';
  const type = reply.type ?? '';
  // Comes with the status of a server that is busy, and comes again however often it is asked.
  if (deepest.type === tooManyBuckets) {
    return new Rejection(
      `OpenSearch at ${url} refuses the facets: ${reason}`,
      status,
      tooManyBuckets,
      options,
    );
  }
  if (type === 'cluster_block_exception') {
    // A full disk comes as a block with status 429: waiting does not help, someone has to make room.
    return new EngineUnavailable(`Cannot write to OpenSearch at ${url}: ${reason}`, options);
  }
  if (status === 401 || status === 403) {
    return new EngineUnavailable(
      `Cannot use OpenSearch at ${url}: it refuses the credentials or their permissions (status ${status}): ${reason}`,
      options,
    );
  }
  if (status === 408) {
    return new EngineUnavailable(
      `Cannot use OpenSearch at ${url}: its indices are not ready in time`,
      options,
    );
  }
  if (status === 429 || status === 502 || status === 503 || status === 504) {
    return new TransientFailure(
      `Cannot use OpenSearch at ${url}: it is busy or not ready (status ${status}): ${reason}`,
      false,
      options,
    );
  }
  return new Rejection(
    `OpenSearch at ${url} refuses the request (status ${status}, ${type || 'no type'}): ${reason}`,
    status,
    type,
    options,
  );
}

/** The most telling part: of the first shard that failed, else of the cause. */
function deepestOf(reply: ErrorReply): ErrorReply {
  return reply.caused_by?.reason === undefined ? reply : deepestOf(reply.caused_by);
}

function errorReplyOf(body: unknown): ErrorReply {
  if (typeof body === 'object' && body !== null && 'error' in body) {
    const { error } = body;
    if (typeof error === 'string') return { reason: error };
    if (typeof error === 'object' && error !== null) return error;
  }
  return typeof body === 'string' && body !== '' ? { reason: body.slice(0, 300) } : {};
}
