import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JavaTools } from './java-tools.ts';
import { openSearchJars } from './opensearch-artifacts.ts';
import { type OpenSearchServer, whenAnswering } from './opensearch-server.ts';

export interface JdkOptions {
  readonly port: number;
  readonly folder: string;
  /** Nodes of the cluster, all in one process; they answer on `port` and the ports after it. */
  readonly nodes: number;
  /** Of the JVM, as in "2g". */
  readonly heap: string;
  readonly onProgress: (line: string) => void;
}

/** Starts OpenSearch in a JVM. */
export async function startOnJdk(tools: JavaTools, options: JdkOptions): Promise<OpenSearchServer> {
  if (options.port < 9_201 || options.port + options.nodes > 9_300) {
    throw new Error(`Expected the ports of OpenSearch to be 9201 to 9299, got ${options.port}`);
  }
  const jars = await openSearchJars(tools, options.onProgress);
  await mkdir(options.folder, { recursive: true });
  const url = `http://127.0.0.1:${options.port}`;
  let running: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals) => {
    const child = running;
    running = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exited;
    clearTimeout(late);
  };
  const start = async () => {
    const child = launch(tools, jars, options);
    running = child;
    try {
      await whenAnswering(url, () => whyStopped(child, options.folder));
    } catch (error) {
      await end('SIGKILL');
      throw error;
    }
  };
  process.once('exit', () => running?.kill('SIGKILL'));

  await start();
  return {
    url,
    how: 'jdk',
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGTERM');
      await start();
    },
  };
}

function launch(tools: JavaTools, jars: string, { port, folder, nodes, heap }: JdkOptions): ChildProcess {
  const log = openSync(join(folder, 'opensearch.log'), 'a');
  const child = spawn(
    join(tools.javaHome, 'bin', 'java'),
    [
      '-Xms512m',
      `-Xmx${heap}`,
      '--add-modules',
      'jdk.incubator.vector',
      '--enable-native-access=ALL-UNNAMED',
      '-cp',
      join(jars, '*'),
      'org.codelibs.opensearch.runner.OpenSearchRunner',
      '-basePath',
      folder,
      '-numOfNode',
      String(nodes),
      // The first node answers on the base port + 1.
      '-baseHttpPort',
      String(port - 1),
      // Two clusters of one name on one machine would find each other.
      '-clusterName',
      `braid-${port}`,
      '-useLogger',
      '-pluginTypes',
      'org.opensearch.knn.plugin.KNNPlugin',
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  return child;
}

function whyStopped(child: ChildProcess, folder: string): string | undefined {
  if (child.exitCode === null && child.signalCode === null) return undefined;
  const lines = readFileSync(join(folder, 'opensearch.log'), 'utf8').trim().split('\n');
  return `its process ended (${child.signalCode ?? child.exitCode}): ${lines.slice(-3).join(' ')}`;
}
