import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer, type Socket } from 'node:net';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

export interface OnePort {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

const preface = Buffer.from('PRI * HTTP/2.0');

/**
 * Listens on one port of loopback and speaks HTTP/1.1 and cleartext HTTP/2 on it, told apart by the first bytes: the
 * default handlers of AWS SDKs for JavaScript speak HTTP/2 to Bedrock's runtimes, other clients HTTP/1.1.
 */
export async function listenOnOnePort(
  handle: (request: AnyRequest, response: AnyResponse) => void,
  port = 0,
): Promise<OnePort> {
  const sockets = new Set<Socket>();
  const http1 = createHttp1Server({ keepAliveTimeout: 60_000 }, handle);
  const http2 = createHttp2Server(handle);
  http2.on('sessionError', () => {});
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.setNoDelay(true);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      const isHttp2 = preface.subarray(0, first.length).equals(first.subarray(0, preface.length));
      if (isHttp2) {
        // The session reads what was put back by itself, in a later turn.
        http2.emit('connection', socket);
      } else {
        http1.emit('connection', socket);
        socket.resume();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Expected a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
