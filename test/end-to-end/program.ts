import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';

const main = resolve(import.meta.dirname, '../../main.ts');

/** How the program is started. */
export interface ProgramOptions {
  /** Over an environment without any setting of Braid. */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default a temporary folder of the system's */
  readonly cwd?: string;
  /** User id to run as, where this process may choose. */
  readonly uid?: number;
}

/** What a program that has ended printed, and how it ended. */
export interface ProgramResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface RunningProgram {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Everything that it has printed to stdout until now. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the first match in stdout. @throws when the program ends or 60 s pass before */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<ProgramResult>;
}

/** Starts Braid as a user does, without stdin. */
export function startProgram(commandLine: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(BRAID_|OPENSEARCH_)/.test(name));
  const child = spawn(process.execPath, [main, ...commandLine], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...Object.fromEntries(inherited), ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(
    ([status, signal]): ProgramResult => ({ status, signal, stdout, stderr }),
  );
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    printed: (pattern) =>
      new Promise((found, reject) => {
        const fail = (reason: string) =>
          reject(new Error(`${reason} before ${pattern}:\n${stdout}\n${stderr}`));
        const look = () => {
          const match = pattern.exec(stdout);
          if (match === null) return;
          clearTimeout(timer);
          found(match);
        };
        const timer = setTimeout(() => fail('60 s passed'), 60_000);
        child.stdout.on('data', look);
        void ended.then(() => {
          clearTimeout(timer);
          fail('the program ended');
        });
        look();
      }),
  };
}

/** Runs a command line to its end. */
export function runProgram(commandLine: readonly string[], options?: ProgramOptions): Promise<ProgramResult> {
  return startProgram(commandLine, options).ended;
}

/** Runs a command line with `--json` and returns its one JSON document. @throws unless it ends with status 0 */
export async function runJson<T>(commandLine: readonly string[], options?: ProgramOptions): Promise<T> {
  const { status, stdout, stderr } = await runProgram([...commandLine, '--json'], options);
  if (status !== 0)
    throw new Error(`${commandLine.join(' ')} ended with status ${status}:\n${stdout}\n${stderr}`);
  return JSON.parse(stdout) as T;
}
