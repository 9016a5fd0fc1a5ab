import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findJavaTools, minimumJavaVersion } from './java-tools.ts';
import { startInDocker } from './opensearch-docker.ts';
import { startOnJdk } from './opensearch-jdk.ts';
import type { MissingOpenSearch, OpenSearchServer } from './opensearch-server.ts';

export interface OpenSearchOptions {
  /** With a JDK 9201 to 9299. @default a free one */
  readonly port?: number;
  /** Where its data is kept; not used with Docker. @default a new temporary folder, removed by `stop()` */
  readonly folder?: string;
  /** Nodes of the cluster; more than one needs a JDK. @default 1 */
  readonly nodes?: number;
  /** Most heap of a JVM of its own. @default "1g" */
  readonly heap?: string;
  /** Starts one even where OPENSEARCH_URL names another: for tests that kill it. @default false */
  readonly own?: boolean;
  readonly onProgress?: (line: string) => void;
}

/**
 * Starts a real OpenSearch with k-NN: the one that OPENSEARCH_URL names, else one in a container, else one in a JVM
 * whose jars Maven fetches once into the folder that BRAID_CACHE names (`~/.cache/braid`).
 *
 * @throws {Error} when it should be possible and fails; where nothing is there to run it, the result says what to install
 */
export async function startOpenSearch(
  options: OpenSearchOptions = {},
): Promise<OpenSearchServer | MissingOpenSearch> {
  const given = process.env.OPENSEARCH_URL;
  if (given && !options.own) {
    const nothing = async () => {};
    return { url: given.replace(/\/+$/, ''), how: 'url', stop: nothing, kill: nothing, restart: nothing };
  }
  const onProgress = options.onProgress ?? (() => {});
  const nodes = options.nodes ?? 1;
  const heap = options.heap ?? '1g';
  const port = options.port ?? (await freePort(nodes));
  if (nodes === 1) {
    const container = await startInDocker({ port, onProgress });
    if (container !== undefined) return container;
  }
  const tools = findJavaTools();
  if ('missing' in tools) {
    return {
      how: 'none',
      advice:
        `no OpenSearch to test with: set OPENSEARCH_URL, or start Docker, or install a JDK of version ` +
        `${minimumJavaVersion} or newer and Maven (missing here: ${tools.missing.join(' and ')}, a running Docker)`,
    };
  }
  if (options.folder !== undefined) {
    return startOnJdk(tools, { port, folder: resolve(options.folder), nodes, heap, onProgress });
  }
  const folder = await mkdtemp(join(tmpdir(), 'braid-opensearch-'));
  const server = await startOnJdk(tools, { port, folder, nodes, heap, onProgress });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The runner of a JVM takes ports up to 9299 only; several test runs on one machine start looking at different ones. */
async function freePort(nodes: number): Promise<number> {
  const first = 9_210;
  const count = 9_300 - first - nodes;
  const start = randomInt(count);
  for (let at = 0; at < count; at += 1) {
    const port = first + ((start + at) % count);
    const ports = Array.from({ length: nodes }, (_, node) => port + node);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return port;
  }
  throw new Error(`Cannot find a free port from ${first} to 9299`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen(port, '127.0.0.1', () => server.close(() => answer(true)));
  });
}

async function runInForeground(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9201' },
      folder: { type: 'string', default: '.braid/opensearch' },
      nodes: { type: 'string', default: '1' },
      heap: { type: 'string', default: '1g' },
    },
  });
  const server = await startOpenSearch({
    port: Number(values.port),
    folder: values.folder,
    nodes: Number(values.nodes),
    heap: values.heap,
    own: true,
    onProgress: (line) => console.error(line),
  });
  if (server.how === 'none') {
    console.error(server.advice);
    process.exitCode = 1;
    return;
  }
  const data = server.how === 'jdk' ? `, data in ${values.folder}` : '';
  console.error(`OpenSearch answers on ${server.url}${data}; Ctrl-C stops it`);
  const keepAlive = setInterval(() => {}, 60_000);
  const stop = () => {
    clearInterval(keepAlive);
    server.stop().catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runInForeground();
}
