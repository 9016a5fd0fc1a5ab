import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { BraidError, InvalidConfiguration, InvalidInput } from '../domain/errors.ts';
import type { Api } from './create-api.ts';
import { isLoopback } from './loopback.ts';
import { type Problem, problemOf } from './problem.ts';

export interface ServerOptions {
  /** A loopback address or `localhost`, while there is no authentication. */
  readonly host: string;
  /** True where the API lets in only who shows a credential: it may then listen elsewhere. @default false */
  readonly isAuthenticated?: boolean;
  /** 0 takes a free one. */
  readonly port: number;
  /** How long `close` lets run what runs. @default 10000 */
  readonly closeTimeoutMs?: number;
  /** For a whole request to arrive, where it may not take longer. @default 64000, 32 MiB at 0.5 MiB/s */
  readonly requestTimeoutMs?: number;
}

export interface RunningServer {
  /** Without a slash at its end. */
  readonly url: string;
  /**
   * Fails readiness and takes nothing new from now on; resolves when what ran has ended, or when its time was over and
   * its connections are cut. The same promise however often it is called.
   */
  close(): Promise<void>;
}

const maxHeaderBytes = 16_384;
const maxConnections = 1_024;
const headersTimeoutMs = 15_000;

/**
 * Serves the API on one port.
 * @throws {InvalidConfiguration} for an address that is not loopback, a port in use or one that may not be taken
 */
export async function startServer(api: Api, options: ServerOptions): Promise<RunningServer> {
  if (options.isAuthenticated !== true) requireLoopback(options.host);
  let isClosing = false;
  const running = new Set<ServerResponse>();
  const unhurried = new WeakSet<object>();
  const listener = getRequestListener(
    (request, { incoming }) =>
      api.fetch(request, {
        isClosing: () => isClosing,
        mayTakeLong: () => void unhurried.add(incoming.socket),
      }),
    { errorHandler: malformedRequest },
  );
  const { requestTimeoutMs = 64_000 } = options;
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(30_000, requestTimeoutMs),
    },
    (incoming, outgoing) => {
      const { socket } = incoming;
      running.add(outgoing);
      outgoing.once('close', () => {
        running.delete(outgoing);
        unhurried.delete(socket);
      });
      void listener(incoming, outgoing);
    },
  );
  server.maxConnections = maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' || !unhurried.has(socket)) answerClientError(error, socket);
  });
  const address = await listen(server, options);
  if (options.isAuthenticated !== true && !isLoopback(address.address)) {
    server.close();
    requireLoopback(address.address);
  }
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host}:${address.port}`,
    close() {
      isClosing = true;
      closing ??= closeServer(server, running, options.closeTimeoutMs ?? 10_000);
      return closing;
    },
  };
}

function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new InvalidConfiguration(
    'server.host',
    `Cannot listen on ${JSON.stringify(host)} without authentication: expected server.host to be a loopback address (127.0.0.0/8, ::1 or localhost)`,
  );
}

function listen(server: Server, { host, port }: ServerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(cannotListen(error, host, port));
    });
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    server.listen({ host: bare, port }, () => {
      resolve(server.address() as AddressInfo);
    });
  });
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const where = `Cannot listen on ${host}:${port}`;
  const cause = { cause: error };
  switch (error.code) {
    case 'EADDRINUSE':
      return new InvalidConfiguration(
        'server.port',
        `${where}: the port is in use; set server.port to another one, or to 0 for any that is free`,
        cause,
      );
    case 'EACCES':
      return new InvalidConfiguration(
        'server.port',
        `${where}: the port may not be taken by this user; set server.port to one above 1023`,
        cause,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new InvalidConfiguration('server.host', `${where}: this machine has no such address`, cause);
    default:
      return error;
  }
}

/** While something runs the port stays open, so that whoever asks for readiness is told that it has failed. */
async function closeServer(
  server: Server,
  running: ReadonlySet<ServerResponse>,
  timeoutMs: number,
): Promise<void> {
  const ended = Promise.all(
    [...running].map((response) => new Promise((resolve) => response.once('close', resolve))),
  );
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([ended, timeIsOver]);
  clearTimeout(timer);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  // A response that was still being made for a probe has a moment; then nothing may hold the process.
  const last = setTimeout(() => server.closeAllConnections(), running.size === 0 ? 250 : 0);
  await closed;
  clearTimeout(last);
}

/** A request that cannot even be handed to the API: its address or its Host header is malformed. */
function malformedRequest(error: unknown): Response {
  const problem = problemOf(
    error instanceof RequestError
      ? new InvalidInput('request', `Cannot read the request: ${error.message}`, { cause: error })
      : error,
  );
  return new Response(JSON.stringify(problem.body), {
    status: problem.status,
    headers: { ...problem.headers, 'Content-Type': 'application/problem+json' },
  });
}

/** Node found the request to break HTTP, and there is no response object: the answer is written by hand. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = clientProblem(error);
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${body.title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

function clientProblem(error: NodeJS.ErrnoException): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return problemOf(
        new BraidError('headers_too_large', `Expected headers of at most ${maxHeaderBytes} bytes, got more`),
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problemOf(new BraidError('request_timeout', 'Cannot wait longer for the rest of the request'));
    default:
      return problemOf(new InvalidInput('request', 'Expected the request to be well-formed HTTP/1.1'));
  }
}
