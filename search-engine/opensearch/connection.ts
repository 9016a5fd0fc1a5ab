import { readFileSync } from 'node:fs';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Client, type ClientOptions } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws-v3';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { InvalidConfiguration } from '../../domain/errors.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { type ErrorReply, failureOf, replyFailure, TransientFailure } from './failure.ts';

/** One request to OpenSearch. */
export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: object;
  /** Newline-delimited JSON instead of `body`. */
  readonly lines?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Speaks HTTP with OpenSearch. */
export interface Connection {
  /** Without credentials, for messages. */
  readonly url: string;
  /**
   * Sends a request and returns the body of the reply, which is taken to be a T. What fails for a moment is sent
   * again: up to 6 times in about 6 s where OpenSearch is busy, twice in half a second where nothing answers. A reply
   * that lacks what a shard holds is a failure: what it leaves out would look as if it were not there.
   * @throws {EngineUnavailable} {Rejection} or the reason of the signal
   */
  request<T>(call: Call): Promise<T>;
  close(): Promise<void>;
}

const requestTimeoutMs = 60_000;
const maxSockets = 64;

/** Makes a client with kept-alive connections; nothing is sent yet. */
export function connect(options: ConnectionOptions): Connection {
  const { url, auth } = addressOf(options);
  const client = new Client({
    node: url,
    ...(auth !== undefined && { auth }),
    // The policies below wait between tries, the client's own do not.
    maxRetries: 0,
    requestTimeout: requestTimeoutMs,
    // JSON.parse makes a key "__proto__" a field like any other, and no reply is merged into another object: looking
    // for such keys first takes as long as the parsing.
    disablePrototypePoisoningProtection: true,
    agent: { keepAlive: true, maxSockets },
    ...tls(options),
    ...(options.sigv4 !== undefined && {
      ...AwsSigv4Signer({
        region: options.sigv4.region,
        service: 'es',
        getCredentials: defaultProvider(),
      }),
    }),
  });

  const whenBusy = retry(
    handleWhen((error) => error instanceof TransientFailure && !error.isUnanswered),
    { maxAttempts: 5, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 3_000 }) },
  );
  const whenUnanswered = retry(
    handleWhen((error) => error instanceof TransientFailure && error.isUnanswered),
    { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 400 }) },
  );

  const sendOnce = async (call: Call): Promise<unknown> => {
    call.signal?.throwIfAborted();
    const sent = client.transport.request(
      {
        method: call.method,
        path: call.path,
        querystring: { ...(call.path.endsWith('/_search') && wholeSearch), ...call.query },
        ...(call.body !== undefined && { body: call.body }),
        ...(call.lines !== undefined && { bulkBody: call.lines }),
      },
      {},
    );
    const abort = () => {
      // Returned, it would be a promise to the event target, which throws what a listener's promise is rejected with.
      sent.abort();
    };
    call.signal?.addEventListener('abort', abort, { once: true });
    try {
      const { body } = await sent;
      if (call.path.endsWith('/_mget')) checkWhole(body as GetReply, url);
      return body;
    } catch (error) {
      call.signal?.throwIfAborted();
      throw failureOf(error, url);
    } finally {
      call.signal?.removeEventListener('abort', abort);
    }
  };

  return {
    url,
    request: async <T>(call: Call) =>
      (await whenBusy.execute(
        () => whenUnanswered.execute(() => sendOnce(call), call.signal),
        call.signal,
      )) as T,
    close: () => client.close(),
  };
}

const wholeSearch = { allow_partial_search_results: false };

interface GetReply {
  readonly docs?: readonly { readonly error?: ErrorReply }[];
}

/** @throws {TransientFailure} {Rejection} where a document could not be read; a shard that is away is told so */
function checkWhole({ docs = [] }: GetReply, url: string): void {
  const error = docs.find((document) => document.error !== undefined)?.error;
  if (error === undefined) return;
  throw replyFailure(error.type === 'index_not_found_exception' ? 404 : 503, error, url);
}

/** The address without the credentials, which may also stand in it. */
function addressOf(options: ConnectionOptions): {
  url: string;
  auth?: { username: string; password: string };
} {
  const address = new URL(options.url);
  const username = options.username ?? decodeURIComponent(address.username);
  const password = options.password ?? decodeURIComponent(address.password);
  address.username = '';
  address.password = '';
  const url = address.href.replace(/\/+$/, '');
  return username === '' ? { url } : { url, auth: { username, password } };
}

function tls({ caFile }: ConnectionOptions): Pick<ClientOptions, 'ssl'> {
  if (caFile === undefined) return {};
  try {
    return { ssl: { ca: readFileSync(caFile, 'utf8') } };
  } catch (error) {
    throw new InvalidConfiguration('opensearch.caFile', `Cannot read the certificates in ${caFile}`, {
      cause: error,
    });
  }
}
