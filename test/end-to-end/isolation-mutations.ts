// Removes each place where a scope is held, in turn, in a copy of the project, and tells whether the tests notice:
// `node test/end-to-end/isolation-mutations.ts [texts]` takes the places whose file and name have one of the texts. With
// OPENSEARCH_URL; about half an hour on 2 cores. Exits 1 where a place went unnoticed.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type CheckName, checks, type GuardedPlace, places } from './isolation-places.ts';

const root = resolve(import.meta.dirname, '../..');
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [''];
const chosen = places.filter(({ file, what }) => wanted.some((text) => `${file} ${what}`.includes(text)));
const copy = mkdtempSync(join(tmpdir(), 'braid-mutations-'));

function makeCopy(): void {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const path of listed.split('\0').filter((name) => name !== '')) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
}

/** True where the tests pass. */
function passes(check: CheckName, attempt = 1): boolean {
  const runner = join(copy, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [runner, 'run', '--bail=1', ...checks[check]], {
    cwd: copy,
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (run.status === 0) return true;
  lastOutput = `${run.stdout}\n${run.stderr}`;
  // A busy machine is no finding: only what a test says is.
  const isSlow = /timed out/.test(lastOutput) && !/AssertionError/.test(lastOutput);
  return isSlow && attempt < 3 ? passes(check, attempt + 1) : false;
}
let lastOutput = '';

/** The check that noticed, and the test that it names. */
function noticedBy({ file, text, without, checks: run }: GuardedPlace): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(text).length !== 2) throw new Error(`Expected ${file} to have once: ${text}`);
  writeFileSync(
    path,
    source.replace(text, () => without),
  );
  try {
    for (const check of run) {
      if (!passes(check)) return `${check}: ${/FAIL\s+(.*)/.exec(lastOutput)?.[1] ?? 'the run failed'}`;
    }
    return undefined;
  } finally {
    writeFileSync(path, source);
  }
}

// Said before an hour is spent: each text must still stand in its file.
for (const { file, text } of chosen) {
  if (readFileSync(join(root, dirname(file), file.split('/').at(-1)!), 'utf8').split(text).length !== 2) {
    throw new Error(`Expected ${file} to have once: ${text}`);
  }
}
makeCopy();
try {
  for (const check of new Set(chosen.flatMap((one) => one.checks))) {
    if (!passes(check))
      throw new Error(`Expected ${check} to pass as the sources are:\n${lastOutput.slice(-3_000)}`);
  }
  let unnoticed = 0;
  for (const [at, one] of chosen.entries()) {
    const noticed = noticedBy(one);
    if (noticed === undefined) unnoticed += 1;
    process.stdout.write(
      `${at + 1}/${chosen.length} ${one.file}: ${one.what}: ${noticed === undefined ? 'NOT NOTICED' : `noticed by ${noticed}`}\n`,
    );
  }
  process.stdout.write(`${chosen.length - unnoticed} of ${chosen.length} places noticed\n`);
  process.exitCode = unnoticed === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
