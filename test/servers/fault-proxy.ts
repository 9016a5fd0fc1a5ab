import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a connection meets; each is looked up when the connection is made, `cutAfterBytes` for each connection anew. */
export interface Faults {
  /** Waits before anything is passed on. */
  latencyMs?: number;
  /** Resets the connection once it has passed on so many bytes of replies. */
  cutAfterBytes?: number;
  /** Takes everything and never says anything. */
  isBlackHole?: boolean;
  /** Resets each connection when it comes. */
  isReset?: boolean;
}

/** A TCP proxy on loopback that does to its connections what a bad network does. */
export interface FaultProxy {
  readonly url: string;
  faults: Faults;
  /** Connections that came. */
  connections: number;
  stop(): Promise<void>;
}

/** Starts a proxy before an http:// address. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    proxy.connections += 1;
    const { latencyMs = 0, cutAfterBytes = Number.POSITIVE_INFINITY, isBlackHole, isReset } = proxy.faults;
    sockets.add(client);
    client.on('close', () => sockets.delete(client)).on('error', () => {});
    if (isReset === true) {
      client.resetAndDestroy();
      return;
    }
    if (isBlackHole === true) {
      client.resume();
      return;
    }
    setTimeout(() => {
      const upstream = connect(Number(port), hostname);
      sockets.add(upstream);
      upstream.on('close', () => sockets.delete(upstream)).on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
      client.pipe(upstream);
      let passed = 0;
      upstream.on('data', (chunk: Buffer) => {
        passed += chunk.length;
        if (passed > cutAfterBytes) {
          client.resetAndDestroy();
          upstream.destroy();
        } else client.write(chunk);
      });
      upstream.on('end', () => client.end());
    }, latencyMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults: {},
    connections: 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
