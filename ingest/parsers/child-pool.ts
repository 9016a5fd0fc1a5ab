import PQueue from 'p-queue';
import type { ParsedDocument } from '../../domain/parsed-document.ts';
import type { Log } from '../../telemetry/telemetry.ts';
import type { ParseRequest } from './parse-content.ts';
import { type ParserLimits, type ParserProcess, startParserProcess } from './parser-process.ts';

export interface ChildPool {
  /** @throws {DocumentRefused} {Error} when no process can be started or the pool is closed */
  run(request: ParseRequest, signal?: AbortSignal): Promise<ParsedDocument>;
  /** Finishes what was asked for, then ends the processes. */
  close(): Promise<void>;
}

/**
 * Runs documents in at most `processes` children, started when they are needed and used again until they die or
 * hold on to too much memory.
 * @param entry the child's program, which speaks the protocol of `parse-child.ts`
 */
export function createChildPool(
  entry: URL,
  limits: ParserLimits & { readonly processes: number },
  log: Log,
): ChildPool {
  const queue = new PQueue({ concurrency: limits.processes });
  const idle: ParserProcess[] = [];
  let isClosed = false;

  async function runInOne(request: ParseRequest, signal: AbortSignal | undefined): Promise<ParsedDocument> {
    const child = (await takeIdle(idle)) ?? startParserProcess(entry, limits);
    try {
      return await child.run(request, signal);
    } finally {
      if (child.isFit()) idle.push(child);
      else {
        log.info({}, 'A parser process is replaced: it died, was stopped or held too much memory');
        await child.end();
      }
    }
  }

  return {
    async run(request, signal) {
      if (isClosed) throw new Error('Cannot parse the document: the parser is closed');
      return await queue.add(() => runInOne(request, signal), signal && { signal });
    },
    async close() {
      isClosed = true;
      await queue.onIdle();
      await Promise.all(idle.splice(0).map((child) => child.end()));
    },
  };
}

/** A process may die while it waits. */
async function takeIdle(idle: ParserProcess[]): Promise<ParserProcess | undefined> {
  for (let child = idle.pop(); child !== undefined; child = idle.pop()) {
    if (child.isFit()) return child;
    await child.end();
  }
  return undefined;
}
