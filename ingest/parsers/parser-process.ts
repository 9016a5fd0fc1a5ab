import { type ChildProcess, fork } from 'node:child_process';
import { DocumentRefused, type RefusalReason } from '../../domain/errors.ts';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import type { ParseRequest } from './parse-content.ts';

/** What a child says, once that it can work, then one answer a request; and how much memory it holds. */
export type ChildReply = { readonly residentBytes: number } & (
  | { readonly type: 'ready' }
  | { readonly type: 'parsed'; readonly document: ParsedDocument }
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly message: string }
);

export interface ParserLimits {
  /** Resident bytes of the whole process, some 85 MiB of which it takes at start. */
  readonly maxMemoryBytes: number;
  /** For one document. */
  readonly timeoutMs: number;
}

/** A child process that parses one document at a time and is killed when it takes too much. */
export interface ParserProcess {
  /** @throws {DocumentRefused} also when the process was killed or died over the document */
  run(request: ParseRequest, signal?: AbortSignal): Promise<ParsedDocument>;
  /** False once it has died or holds on to too much memory: it must be ended and another one started. */
  isFit(): boolean;
  end(): Promise<void>;
}

const mebibyte = 1_048_576;
const startTimeoutMs = 30_000;
/** A process that still holds this share of what it may take for a document would refuse the next one unjustly. */
const unfitShare = 0.5;

/** Of the memory: what the process takes beside V8's heap. */
const besideHeapMebibytes = 96;

/** Starts a process that speaks the protocol of `parse-child.ts` and kills itself when it takes too much memory. */
export function startParserProcess(entry: URL, limits: ParserLimits): ParserProcess {
  const child = fork(entry, [String(limits.maxMemoryBytes)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // A parser needs no secrets of ours, writes no files and starts no programs.
    env: {},
    execArgv: [
      // Half of the memory that large DOCX files take is young garbage by V8's default size of it.
      '--max-semi-space-size=4',
      `--max-old-space-size=${Math.ceil(limits.maxMemoryBytes / mebibyte) - besideHeapMebibytes}`,
      '--permission',
      '--allow-fs-read=*',
      '--allow-worker',
    ],
  });
  let hasDied = false;
  let baseBytes = 0;
  let heldBytes = 0;
  const died = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(howItEnded(code, signal)));
  });
  void died.then(() => {
    hasDied = true;
  });
  child.on('message', ({ type, residentBytes }: ChildReply) => {
    heldBytes = residentBytes;
    if (type === 'ready') baseBytes = residentBytes;
  });
  const started = waitForReady(child, died);
  // Whoever runs the first document hears of a failure; without one it is no one's.
  started.catch(() => {});

  return {
    async run(request, signal) {
      keepAlive(child, true);
      try {
        await started;
        signal?.throwIfAborted();
        return await parseIn(child, request, { limits, signal });
      } finally {
        keepAlive(child, false);
      }
    },
    isFit: () =>
      !hasDied &&
      !child.killed &&
      child.connected &&
      heldBytes - baseBytes < (limits.maxMemoryBytes - baseBytes) * unfitShare,
    async end() {
      if (!hasDied) child.ref();
      child.kill('SIGKILL');
      await died;
    },
  };
}

interface Watch {
  readonly limits: ParserLimits;
  readonly signal: AbortSignal | undefined;
}

function parseIn(child: ChildProcess, request: ParseRequest, watch: Watch): Promise<ParsedDocument> {
  const { limits, signal } = watch;
  const { promise, resolve, reject } = Promise.withResolvers<ParsedDocument>();
  const stop = (reason: unknown): void => {
    reject(reason);
    child.kill('SIGKILL');
  };
  const abort = (): void => stop(signal?.reason);
  const clock = setTimeout(() => {
    stop(new DocumentRefused('timed_out', `Cannot parse the document within ${limits.timeoutMs} ms`));
  }, limits.timeoutMs);
  const receive = (reply: ChildReply): void => {
    if (reply.type === 'parsed') resolve(reply.document);
    else if (reply.type === 'refused') reject(new DocumentRefused(reply.reason, reply.message));
  };
  child.on('message', receive);
  signal?.addEventListener('abort', abort, { once: true });
  // Listened to for this document only: a promise of the death would hold on to each document until then.
  const die = (code: number | null, killedBy: NodeJS.Signals | null): void => {
    reject(describeDeath(howItEnded(code, killedBy), limits));
  };
  child.once('exit', die);
  if (child.exitCode !== null || child.signalCode !== null) die(child.exitCode, child.signalCode);
  child.send(request, (error) => {
    // A process that has died is told of by its exit, which says more.
    if (error !== null && child.connected) stop(error);
  });
  return promise.finally(() => {
    clearTimeout(clock);
    child.off('message', receive);
    child.off('exit', die);
    signal?.removeEventListener('abort', abort);
  });
}

async function waitForReady(child: ChildProcess, died: Promise<string>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const clock = setTimeout(() => {
    child.kill('SIGKILL');
    reject(new Error(`Cannot start a parser process within ${startTimeoutMs} ms`));
  }, startTimeoutMs);
  child.once('message', (reply: ChildReply) => {
    if (reply.type === 'ready') resolve();
  });
  void died.then((how) => reject(new Error(`Cannot start a parser process: it ended with ${how}`)));
  await promise.finally(() => clearTimeout(clock));
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit status ${code}`;
}

/** V8 aborts when its heap is full; the process kills itself, or the system does, when it takes too much. */
function describeDeath(how: string, limits: ParserLimits): DocumentRefused {
  if (['SIGKILL', 'SIGABRT', 'exit status 134'].includes(how)) return tooMuchMemory(limits);
  return new DocumentRefused('corrupt', `Cannot parse the document: its parser died with ${how}`);
}

function tooMuchMemory({ maxMemoryBytes }: ParserLimits): DocumentRefused {
  return new DocumentRefused(
    'too_large',
    `Cannot parse the document in ${Math.round(maxMemoryBytes / mebibyte)} MiB of memory`,
  );
}

/** An idle child does not keep its parent running. */
function keepAlive(child: ChildProcess, isWorking: boolean): void {
  if (isWorking) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
