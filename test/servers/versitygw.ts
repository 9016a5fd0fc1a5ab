import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const version = '1.8.0';
const cacheFolder = () => process.env.BRAID_CACHE ?? join(homedir(), '.cache', 'braid');

/**
 * The path of versitygw, an S3 server that checks signatures; built once, by Go, into the cache folder. Undefined where
 * there is no Go. `node test/servers/versitygw.ts` does it ahead of the tests.
 */
export async function versitygw(onProgress: (line: string) => void = () => {}): Promise<string | undefined> {
  const folder = join(cacheFolder(), `versitygw-${version}`);
  const program = join(folder, process.platform === 'win32' ? 'versitygw.exe' : 'versitygw');
  if (existsSync(program)) return program;
  if (!(await hasGo())) return undefined;
  await mkdir(cacheFolder(), { recursive: true });
  const work = await mkdtemp(join(cacheFolder(), 'building-'));
  try {
    onProgress(`building versitygw ${version} into ${folder} (some minutes, once)`);
    await promisify(execFile)('go', ['install', `github.com/versity/versitygw/cmd/versitygw@v${version}`], {
      env: { ...process.env, GOBIN: work, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' },
    });
    await rename(work, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was quicker; what it built is the same.
      if (!existsSync(program)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}

async function hasGo(): Promise<boolean> {
  return promisify(execFile)('go', ['version']).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] === import.meta.filename) {
  const program = await versitygw((line) => console.error(line));
  if (program === undefined) console.error('versitygw needs Go to be built: install Go 1.25 or newer');
  else console.log(program);
  process.exitCode = program === undefined ? 1 : 0;
}
