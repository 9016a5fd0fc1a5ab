import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A PostgreSQL server of a test. */
export interface PostgresServer {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Runs statements over one connection and returns what psql prints, unaligned. */
  run(sql: string): Promise<string>;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const user = 'braid';
const database = 'postgres';

/** The folder of the newest installed server's programs; undefined where there is none (Debian: `postgresql`). */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .toSorted((left, right) => Number(right) - Number(left))
    .map((version) => join(root, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/**
 * Starts a new server with logical decoding in a folder of its own, which it removes when it is stopped.
 * @throws where no server is installed, or it does not start
 */
export async function startPostgres(folder: string, port: number): Promise<PostgresServer> {
  const programs = findPostgres();
  if (programs === undefined) throw new Error('Cannot start PostgreSQL: it is not installed');
  await mkdir(folder, { recursive: true });
  const owner = await unprivileged();
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o700);
  const data = join(folder, 'data');
  await run(join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', user, '--no-sync'], {
    cwd: folder,
    ...owner,
  });
  const settings = [
    'wal_level=logical',
    'fsync=off',
    'max_wal_senders=8',
    `unix_socket_directories=${folder}`,
  ];
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { cwd: folder, stdio: 'ignore', ...owner },
  );
  const ended = once(server, 'exit');
  process.once('exit', () => server.kill('SIGINT'));
  const psql = async (sql: string): Promise<string> => {
    const child = spawn(
      join(programs, 'psql'),
      [
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        user,
        '-d',
        database,
        '-X',
        '-q',
        '-A',
        '-t',
        '-v',
        'ON_ERROR_STOP=1',
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    const output: Buffer[] = [];
    let problem = '';
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      problem += text;
    });
    child.stdin.end(sql);
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`psql ended with ${status}: ${problem}`);
    return Buffer.concat(output).toString();
  };
  const postgres: PostgresServer = {
    port,
    user,
    database,
    run: psql,
    async stop() {
      // SIGINT is the fast shutdown: connections are ended.
      server.kill('SIGINT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await psql('select 1');
      return postgres;
    } catch (error) {
      if (attempt === 100 || server.exitCode !== null) {
        await postgres.stop();
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** PostgreSQL does not run as root: the account that its package made does. */
async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readFile('/etc/passwd', 'utf8');
  const fields = accounts
    .split('\n')
    .find((line) => line.startsWith('postgres:'))
    ?.split(':');
  if (fields === undefined) throw new Error('Cannot start PostgreSQL as root: there is no account postgres');
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}
