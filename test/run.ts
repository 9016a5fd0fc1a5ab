import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { countTests, type TestCounts } from './count-tests.ts';
import { startOpenSearch } from './servers/opensearch.ts';
import type { MissingOpenSearch, OpenSearchServer } from './servers/opensearch-server.ts';

/**
 * `npm test`: format and lint, types, then every test, against one OpenSearch. Goes on after a failure, so that one
 * run tells everything, and ends with the line `N passed, N failed, N skipped`. A step that fails or crashes counts
 * as one failed. Arguments go to vitest: `npm test -- test/cli`.
 */

const root = resolve(import.meta.dirname, '..');
const running = new Set<ChildProcess>();
const failures: string[] = [];
let isStopped = false;

// A Ctrl-C reaches the children by itself; they end, and what was started is stopped below.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isStopped = true;
    for (const child of running) child.kill(signal);
  });
}

await check('Format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '.']);
await check('Types', 'node_modules/typescript/bin/tsc', ['--noEmit']);
const openSearch = await provideOpenSearch();
const counts = await runTests(openSearch).finally(() => openSearch?.how !== 'none' && openSearch?.stop());
const failed = counts.failed + failures.length;

process.stdout.write('\n');
for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
for (const name of counts.unfinished) {
  process.stdout.write(`FAILED: ${relative(root, name)} had not ended when its process did\n`);
}
if (openSearch?.how === 'none') {
  process.stdout.write(`*** SKIPPED: every test on OpenSearch, since there is ${openSearch.advice} ***\n`);
}
process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function check(title: string, script: string, parameters: readonly string[]): Promise<void> {
  const exit = await run(title, script, parameters);
  if (exit !== 0) failures.push(`${title} (exit status ${exit})`);
}

/** Undefined where it should have started and did not, which is a failure and reported. */
async function provideOpenSearch(): Promise<OpenSearchServer | MissingOpenSearch | undefined> {
  if (isStopped) return undefined;
  try {
    const server = await startOpenSearch({ onProgress: (line) => process.stderr.write(`${line}\n`) });
    if (server.how === 'none') {
      process.stderr.write(`\n*** SKIPPED: every test on OpenSearch, since there is ${server.advice} ***\n`);
      if (process.env.CI === 'true') failures.push('OpenSearch is missing, and CI=true allows no skipping');
    }
    return server;
  } catch (error) {
    failures.push(`OpenSearch did not start: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function runTests(server: OpenSearchServer | MissingOpenSearch | undefined): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'braid-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const exit = await run(
      'Tests',
      'node_modules/vitest/vitest.mjs',
      [
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${reportFile}`,
        ...process.argv.slice(2),
      ],
      server !== undefined && server.how !== 'none' ? { OPENSEARCH_URL: server.url } : {},
    );
    const report = await readFile(reportFile, 'utf8').catch(() => undefined);
    return countTests(report, exit);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a Node program of a package and returns its exit status; 1 where a signal ended it. */
function run(
  title: string,
  script: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<number> {
  if (isStopped) return Promise.resolve(1);
  process.stdout.write(`\n${title}\n`);
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...parameters], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...environment },
    });
    running.add(child);
    child.once('error', reject);
    child.once('exit', (status) => {
      running.delete(child);
      done(status ?? 1);
    });
  });
}
