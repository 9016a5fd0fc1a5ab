import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./writing-process.ts', import.meta.url));

export interface WritingProcess {
  /** What it has printed on stdout until now, by line. */
  readonly lines: readonly string[];
  readonly child: ChildProcess;
  /** Resolves when a line starts so. @throws when the process ends before */
  said(start: string): Promise<void>;
  /** Resolves when it has ended, with all its lines. */
  ended(): Promise<readonly string[]>;
}

export interface WritingProcessOptions {
  /** Shell commands before it, such as `ulimit`. */
  readonly limits?: string;
  /** The user that it runs as. */
  readonly uid?: number;
}

/** Starts writing-process.ts. */
export function startWritingProcess(
  folder: string,
  name: string,
  count: number,
  { limits, uid }: WritingProcessOptions = {},
): WritingProcess {
  const command = [process.execPath, program, folder, name, String(count)];
  const [executable = '', ...parameters] =
    limits === undefined ? command : ['sh', '-c', `${limits}; exec "$0" "$@"`, ...command];
  const child = spawn(executable, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
  });
  const lines: string[] = [];
  const complaints: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  child.stderr.on('data', (data) => complaints.push(String(data)));
  const end = Promise.all([once(child, 'close'), once(output, 'close')]);
  return {
    lines,
    child,
    async said(start) {
      while (!lines.some((line) => line.startsWith(start))) {
        const next = await Promise.race([once(output, 'line').then(() => 'line'), end.then(() => 'end')]);
        if (next === 'end' && !lines.some((line) => line.startsWith(start))) {
          throw new Error(`Expected the process to say "${start}": ${complaints.join('')}`);
        }
      }
    },
    async ended() {
      await end;
      return lines;
    },
  };
}
