import { Writable } from 'node:stream';
import { runCommandLine } from '../../cli/run-command-line.ts';

/** What one command line printed and returned. */
export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, over streams that keep what is written. */
export async function runInMemory(...commandLine: string[]): Promise<CommandResult> {
  const stdout = new KeptStream();
  const stderr = new KeptStream();
  const status = await runCommandLine(commandLine, { stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class KeptStream extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
