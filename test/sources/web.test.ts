import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Document } from '../../domain/document.ts';
import { isPublicAddress, type Resolve } from '../../sources/address-guard.ts';
import type { SourceItem } from '../../sources/source.ts';
import { createWebSource, type WebSourceOptions } from '../../sources/web.ts';
import { loopbackSpellings } from './loopback-spellings.ts';

/** Stands for a public server: the only address besides truly public ones that the tests allow. */
const allowedAddress = '127.0.0.2';
const isAllowed = (address: string): boolean => address === allowedAddress || isPublicAddress(address);

let canary: Server;
let canaryPort: number;
let canaryConnections = 0;
let site: Server;
let sitePort: number;
let siteAnswer: RequestListener = (_, response) => response.end('hello');

beforeAll(async () => {
  canary = createServer((_, response) => response.end('secret')).on('connection', () => canaryConnections++);
  canaryPort = await listen(canary, '::').catch(() => listen(canary, '0.0.0.0'));
  site = createServer((request, response) => siteAnswer(request, response));
  sitePort = await listen(site, allowedAddress);
});

afterAll(() => {
  canary.closeAllConnections();
  canary.close();
  site.closeAllConnections();
  site.close();
});

async function listen(server: Server, host: string): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function onlyItem(address: string, options: Partial<WebSourceOptions>): Promise<SourceItem> {
  const items: SourceItem[] = [];
  for await (const item of createWebSource(address, { maxDocumentBytes: 1_000, ...options }).items())
    items.push(item);
  expect(items).toHaveLength(1);
  return items[0]!;
}

async function fetchOne(address: string, options: Partial<WebSourceOptions> = {}): Promise<Document> {
  return await (await onlyItem(address, options)).load();
}

const siteAt = (path: string): string => `http://${allowedAddress}:${sitePort}${path}`;
const answering =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: 4 }));

describe('createWebSource', () => {
  it.each(loopbackSpellings)('never connects to loopback written as %s', async (host) => {
    canaryConnections = 0;
    await expect(fetchOne(`http://${host}:${canaryPort}/`)).rejects.toMatchObject({
      reason: 'forbidden_address',
    });
    expect(canaryConnections).toBe(0);
  });

  it.each(['127.1', '2130706433', '0x7f.1', '0.0.0.0', '①②⑦.⓪.⓪.①'])(
    'would reach the canary at %s without the guard',
    async (host) => {
      canaryConnections = 0;
      const { content } = await fetchOne(`http://${host}:${canaryPort}/`, { isAllowed: () => true });
      expect(Buffer.from(content).toString()).toBe('secret');
      expect(canaryConnections).toBe(1);
    },
  );

  it('never connects to a name that resolves to a forbidden address, alone or among public ones', async () => {
    canaryConnections = 0;
    for (const resolve of [answering('127.0.0.1'), answering('93.184.216.34', '127.0.0.1')]) {
      await expect(fetchOne(`http://public.test:${canaryPort}/`, { resolve })).rejects.toMatchObject({
        reason: 'forbidden_address',
      });
    }
    await expect(fetchOne(`http://localhost:${canaryPort}/`)).rejects.toMatchObject({
      reason: 'forbidden_address',
    });
    expect(canaryConnections).toBe(0);
  });

  it('connects to the address that was checked, and checks each answer of a name that changes', async () => {
    canaryConnections = 0;
    const answers = [allowedAddress, '127.0.0.1'];
    const asked: string[] = [];
    const resolve: Resolve = async (hostname) => {
      asked.push(hostname);
      return [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
    };
    siteAnswer = (_, response) => {
      response.writeHead(302, { location: `http://rebound.test:${canaryPort}/`, connection: 'close' }).end();
    };
    const fetching = fetchOne(`http://rebound.test:${sitePort}/`, { resolve, isAllowed });
    await expect(fetching).rejects.toMatchObject({ reason: 'forbidden_address' });
    expect(asked).toHaveLength(2);
    expect(canaryConnections).toBe(0);
  });

  it.each([
    (): string => `http://127.0.0.1:${canaryPort}/`,
    (): string => `http://[::ffff:7f00:1]:${canaryPort}/`,
    (): string => `//2130706433:${canaryPort}/`,
    (): string => 'file:///etc/passwd',
    (): string => 'http://user:secret@127.0.0.2/',
    (): string => 'http://169.254.169.254/latest/meta-data/',
  ])('refuses a redirect to a forbidden address after allowed ones (%#)', async (target) => {
    canaryConnections = 0;
    siteAnswer = (request, response) => {
      const hop = Number(request.url?.slice(1));
      response.writeHead(302, { location: hop < 3 ? `/${hop + 1}` : target() }).end();
    };
    await expect(fetchOne(siteAt('/1'), { isAllowed })).rejects.toMatchObject({
      reason: 'forbidden_address',
    });
    expect(canaryConnections).toBe(0);
  });

  it('fetches a signed address, of a redirect too, and keeps no signature of either', async () => {
    const asked: string[] = [];
    siteAnswer = (request, response) => {
      asked.push(request.url!);
      if (request.url!.startsWith('/stored')) response.end('signed for');
      else response.writeHead(302, { location: '/stored?X-Amz-Date=d&X-Amz-Signature=5ec2' }).end();
    };
    const item = await onlyItem(siteAt('/a?page=2&token=s3cret'), { isAllowed });
    const document = await item.load();
    expect(asked).toEqual(['/a?page=2&token=s3cret', '/stored?X-Amz-Date=d&X-Amz-Signature=5ec2']);
    expect([item.name, document.documentId, document.uri]).toEqual([
      siteAt('/a?page=2'),
      siteAt('/a?page=2'),
      siteAt('/stored'),
    ]);
  });

  it('follows five redirects, not six, and names the last address', async () => {
    siteAnswer = (request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.setHeader('content-type', 'text/markdown; charset=utf-8').end('# Done');
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    };
    expect(await fetchOne(siteAt('/5#part'), { isAllowed })).toMatchObject({
      documentId: siteAt('/5'),
      uri: siteAt('/0'),
      source: 'web',
      mediaType: 'text/markdown; charset=utf-8',
    });
    await expect(fetchOne(siteAt('/6'), { isAllowed })).rejects.toMatchObject({ reason: 'unreachable' });
  });

  it('stops a reply that is too large, by its claim, while it streams, and as it inflates', async () => {
    const answers: RequestListener[] = [
      (_, response) => response.setHeader('content-length', '1001').end('x'.repeat(1_001)),
      (_, response) => {
        const write = (): void => {
          if (!response.destroyed) response.write('x'.repeat(100), () => setTimeout(write, 1));
        };
        write();
      },
      (_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(1_000_000))),
    ];
    for (const answer of answers) {
      siteAnswer = answer;
      await expect(fetchOne(siteAt('/'), { isAllowed })).rejects.toMatchObject({ reason: 'too_large' });
    }
    siteAnswer = (_, response) => response.end('x'.repeat(1_000));
    expect((await fetchOne(siteAt('/'), { isAllowed })).content).toHaveLength(1_000);
  });

  it('gives up in time on a server that never answers or never ends', async () => {
    for (const answer of [() => {}, ((_, response) => response.write('x')) as RequestListener]) {
      siteAnswer = answer;
      const started = performance.now();
      await expect(fetchOne(siteAt('/'), { isAllowed, timeoutMs: 100 })).rejects.toMatchObject({
        reason: 'timed_out',
      });
      expect(performance.now() - started).toBeLessThan(2_000);
    }
  });

  it('refuses errors of the server and servers that do not exist as unreachable', async () => {
    siteAnswer = (_, response) => response.writeHead(404).end('gone');
    await expect(fetchOne(siteAt('/'), { isAllowed })).rejects.toThrow(/status 404/);
    await expect(fetchOne(`http://${allowedAddress}:1/`, { isAllowed })).rejects.toMatchObject({
      reason: 'unreachable',
    });
  });

  it('stops with the reason of the signal', async () => {
    siteAnswer = () => {};
    const abort = new AbortController();
    const item = await onlyItem(siteAt('/'), { isAllowed });
    const loading = item.load(abort.signal);
    const reason = new Error('stopped by the user');
    setTimeout(() => abort.abort(reason), 20);
    await expect(loading).rejects.toBe(reason);
  });

  it('refuses what is no URL at once', () => {
    expect(() => createWebSource('not a url', { maxDocumentBytes: 1 })).toThrow(
      /Expected an http or https URL/,
    );
  });
});
