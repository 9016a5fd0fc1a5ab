import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** What the proxy does to bytes on their way; changeable while it runs, for what comes after. */
export type ProxyFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'latency'; readonly milliseconds: number; readonly jitterMs?: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Connections are taken and bytes swallowed, both ways. */
  | { readonly kind: 'black hole' }
  /** Connections are reset as soon as bytes come. */
  | { readonly kind: 'reset' }
  /** A connection is reset once it has passed on so many bytes of replies: one that passes any meanwhile will be. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** A few bytes at a time. */
  | { readonly kind: 'slicer'; readonly bytes: number }
  /** Nothing listens: open connections die, new ones are refused. */
  | { readonly kind: 'partition' };

export interface FaultProxy {
  readonly url: string;
  /** Connections that came. */
  connections: number;
  setFault(fault: ProxyFault): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy on loopback that makes trouble on demand. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port: targetPort } = new URL(target);
  const port = await freePort();
  const sockets = new Set<Socket>();
  let fault: ProxyFault = { kind: 'none' };
  let server: ReturnType<typeof createServer> | undefined;

  const relay = async (from: Socket, to: Socket, isReply: boolean): Promise<void> => {
    let passed = 0;
    let most = Number.POSITIVE_INFINITY;
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const now = fault;
      if (now.kind === 'black hole') continue;
      passed += chunk.length;
      if (now.kind === 'cut' && isReply) most = now.afterBytes;
      if (now.kind === 'reset' || passed > most) {
        const [client, upstream] = isReply ? [to, from] : [from, to];
        client.resetAndDestroy();
        upstream.destroy();
        return;
      }
      if (now.kind === 'latency') await pause(now.milliseconds + Math.random() * (now.jitterMs ?? 0));
      if (now.kind === 'slicer' || now.kind === 'bandwidth') {
        const size = now.kind === 'slicer' ? now.bytes : Math.max(1, Math.ceil(now.bytesPerSecond / 20));
        for (let at = 0; at < chunk.length; at += size) {
          to.write(chunk.subarray(at, at + size));
          await pause(now.kind === 'slicer' ? 1 : 50);
        }
      } else to.write(chunk);
    }
    to.end();
  };

  const listen = () =>
    new Promise<void>((resolve) => {
      server = createServer((client) => {
        proxy.connections += 1;
        const upstream = connect(Number(targetPort), hostname);
        for (const socket of [client, upstream]) {
          sockets.add(socket);
          socket.on('close', () => sockets.delete(socket));
          socket.on('error', () => {});
        }
        const drop = () => {
          client.destroy();
          upstream.destroy();
        };
        relay(client, upstream, false).catch(drop);
        relay(upstream, client, true).catch(drop);
      });
      server.listen(port, '127.0.0.1', resolve);
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      if (server === undefined) resolve();
      else server.close(() => resolve());
      server = undefined;
    });

  const proxy: FaultProxy = {
    connections: 0,
    url: `http://127.0.0.1:${port}`,
    async setFault(next) {
      const wasDown = fault.kind === 'partition';
      fault = next;
      if (next.kind === 'partition') await stop();
      else if (wasDown) await listen();
    },
    close: stop,
  };
  await listen();
  return proxy;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
