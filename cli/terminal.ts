import type { Writable } from 'node:stream';

/** Where a command writes: its result to stdout, everything else to stderr. */
export interface Terminal {
  /** One JSON document on stdout instead of lines for people. */
  readonly json: boolean;
  /** True where progress may be drawn: stderr is a terminal. */
  readonly isInteractive: boolean;
  /** Prints the command's result: `value` as JSON, or `lines`. Called once a command. */
  result(value: unknown, lines: readonly string[]): void;
  /** Prints a line for people on stderr. */
  note(line: string): void;
  /** Prints a line on stderr where `--verbose` asks for it. */
  detail(line: string): void;
}

/** The streams of the process, or those of a test. */
export interface TerminalStreams {
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

/** Makes a terminal over two streams; a reader that leaves early (`| head`) ends the output and not the command. */
export function createTerminal(
  streams: TerminalStreams,
  options: { readonly json: boolean; readonly verbose: boolean },
): Terminal {
  for (const stream of [streams.stdout, streams.stderr]) {
    if (stream.listenerCount('error', ignoreBrokenPipe) === 0) stream.on('error', ignoreBrokenPipe);
  }
  return {
    json: options.json,
    // A terminal without a width (some build servers have one) cannot be drawn on.
    isInteractive: streams.stderr.isTTY === true && streams.stderr.columns !== 0,
    result(value, lines) {
      if (options.json) streams.stdout.write(`${toJson(value)}\n`);
      else if (lines.length > 0) streams.stdout.write(`${lines.join('\n')}\n`);
    },
    note(line) {
      streams.stderr.write(`${line}\n`);
    },
    detail(line) {
      if (options.verbose) streams.stderr.write(`${line}\n`);
    },
  };
}

/** JSON in which versions, which may exceed a number, are decimal strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, field: unknown) => (typeof field === 'bigint' ? field.toString() : field),
    2,
  );
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
