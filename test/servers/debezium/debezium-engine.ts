import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findJavaTools } from '../java-tools.ts';

/** Of pom.xml. */
const debeziumVersion = '3.3.1.Final';

/** Debezium's engine, writing what it captures to a file. */
export interface DebeziumEngine {
  readonly process: ChildProcess;
  /** SIGKILL: offsets that were not flushed are lost, so that the next start repeats events. */
  kill(): Promise<void>;
}

/**
 * Makes sure that Debezium's jars lie in the cache folder and returns the class path. Fetched once, by Maven.
 * @throws where a JDK or Maven is missing
 */
export async function debeziumClassPath(): Promise<string> {
  const cache = process.env.BRAID_CACHE ?? join(homedir(), '.cache', 'braid');
  const folder = join(cache, `debezium-${debeziumVersion}`);
  if (!existsSync(folder)) {
    const tools = findJavaTools();
    if ('missing' in tools) throw new Error(`Cannot run Debezium without ${tools.missing.join(' and ')}`);
    await mkdir(cache, { recursive: true });
    const work = await mkdtemp(join(cache, 'fetching-'));
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    const project = join(import.meta.dirname, 'pom.xml');
    await promisify(execFile)(
      tools.maven,
      ['-q', '-B', '-f', project, goal, '-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'jars')}`],
      { env: { ...process.env, JAVA_HOME: tools.javaHome } },
    );
    await rename(join(work, 'jars'), folder);
    await rm(work, { recursive: true, force: true });
  }
  return join(folder, '*');
}

/**
 * Starts the engine with these settings beside its own.
 * @param folder keeps the settings and the log
 */
export async function startDebezium(
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<DebeziumEngine> {
  const tools = findJavaTools();
  if ('missing' in tools) throw new Error(`Cannot run Debezium without ${tools.missing.join(' and ')}`);
  const file = join(folder, 'debezium.properties');
  await writeFile(
    file,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const child = spawn(
    join(tools.javaHome, 'bin', 'java'),
    ['-cp', await debeziumClassPath(), join(import.meta.dirname, 'DebeziumToLines.java'), file],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  child.stderr!.pipe(createWriteStream(join(folder, 'debezium.log'), { flags: 'a' }));
  return {
    process: child,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
