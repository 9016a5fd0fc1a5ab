import { extname } from 'node:path';
import { type Transferable, Worker } from 'node:worker_threads';
import { EngineUnavailable } from '../../domain/errors.ts';
import type { Log } from '../../telemetry/telemetry.ts';
import { unpackError } from './engine-failure.ts';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './operations.ts';

type Operations<Names> = { readonly [Name in keyof Names]: (...parameters: never[]) => unknown };

export interface CallOptions {
  /** Rejects at once; what has not been sent to a thread is not run. */
  readonly signal?: AbortSignal | undefined;
  /** Buffers that go to the thread without a copy. */
  readonly transfer?: readonly Transferable[];
  /** Calls with the same word go to the same thread while it is free, where their file is open already. */
  readonly affinity?: string;
}

interface Task {
  readonly operation: string;
  readonly parameters: readonly unknown[];
  readonly transfer: readonly Transferable[];
  readonly slot: number | undefined;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Slot {
  worker: Worker | undefined;
  task: Task | undefined;
}

/**
 * Threads of one role; each runs one operation at a time. What comes meanwhile waits, in order within one affinity, and
 * affinities take turns: a tenant with many calls keeps no other waiting for more than one of them.
 */
export class WorkerPool<Names extends Operations<Names>> {
  readonly #settings: WorkerSettings;
  readonly #log: Log;
  readonly #slots: Slot[];
  /** By affinity; the first is the next to be served. */
  readonly #lanes = new Map<string, Task[]>();
  #closed: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(settings: WorkerSettings, size: number, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#slots = Array.from({ length: size }, () => ({ worker: undefined, task: undefined }));
  }

  /** Starts the threads before they are needed. */
  start(): void {
    for (const slot of this.#slots) this.#workerOf(slot);
  }

  call<Name extends keyof Names & string>(
    operation: Name,
    parameters: Parameters<Names[Name]>,
    options: CallOptions = {},
  ): Promise<ReturnType<Names[Name]>> {
    const { signal, transfer = [], affinity } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed !== undefined) {
      return Promise.reject(new EngineUnavailable(`Cannot ${operation}: the engine is closed`));
    }
    return new Promise((resolve, reject) => {
      const lane = affinity ?? '';
      const slot = affinity === undefined ? undefined : hash(affinity) % this.#slots.length;
      const done = () => signal?.removeEventListener('abort', abort);
      const task: Task = {
        operation,
        parameters,
        transfer,
        slot,
        resolve: (result) => {
          done();
          resolve(result as ReturnType<Names[Name]>);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const abort = () => {
        const waiting = this.#lanes.get(lane);
        const at = waiting?.indexOf(task) ?? -1;
        if (at >= 0) waiting!.splice(at, 1);
        if (waiting?.length === 0) this.#lanes.delete(lane);
        task.reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const waiting = this.#lanes.get(lane);
      if (waiting === undefined) this.#lanes.set(lane, [task]);
      else waiting.push(task);
      this.#dispatch();
    });
  }

  /** Finishes what was called, then ends the threads. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    if (this.#lanes.size > 0 || this.#slots.some(({ task }) => task !== undefined)) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await Promise.all(this.#slots.map(({ worker }) => worker && endWorker(worker)));
  }

  #dispatch(): void {
    for (const [lane, waiting] of this.#lanes) {
      const [task] = waiting;
      const preferred = task?.slot === undefined ? undefined : this.#slots[task.slot];
      const free = (slot: Slot | undefined) => slot !== undefined && slot.task === undefined;
      const slot = free(preferred) ? preferred : this.#slots.find(free);
      if (task === undefined || slot === undefined) return;
      waiting.shift();
      // Behind the others, and met again by this loop when these have had their turn.
      this.#lanes.delete(lane);
      if (waiting.length > 0) this.#lanes.set(lane, waiting);
      this.#run(slot, task);
    }
    if (this.#slots.every(({ task }) => task === undefined)) this.#whenIdle?.();
  }

  #run(slot: Slot, task: Task): void {
    const worker = this.#workerOf(slot);
    const request: WorkerRequest = { operation: task.operation, parameters: task.parameters };
    try {
      worker.postMessage(request, task.transfer);
    } catch (error) {
      task.reject(error);
      return;
    }
    slot.task = task;
    worker.ref();
  }

  #workerOf(slot: Slot): Worker {
    if (slot.worker !== undefined) return slot.worker;
    const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
      name: `sqlite ${this.#settings.role}`,
      workerData: this.#settings,
    });
    // A thread with nothing to do does not keep the process alive.
    worker.unref();
    slot.worker = worker;
    let cause: unknown;
    worker.on('message', (reply: WorkerReply) => {
      const task = slot.task;
      slot.task = undefined;
      worker.unref();
      if ('error' in reply) task?.reject(unpackError(reply.error));
      else task?.resolve(reply.result);
      this.#dispatch();
    });
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      slot.worker = undefined;
      const task = slot.task;
      slot.task = undefined;
      if (this.#closed === undefined || task !== undefined) {
        this.#log.error({ error: cause, role: this.#settings.role }, 'A thread of the embedded engine ended');
      }
      task?.reject(
        new EngineUnavailable(`Cannot ${task.operation}: a thread of the embedded engine ended`, { cause }),
      );
      // The next call starts another thread.
      this.#dispatch();
    });
    return worker;
  }
}

async function endWorker(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  worker.ref();
  worker.postMessage({ close: true } satisfies WorkerRequest);
  await ended;
}

function hash(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum = (sum * 31 + text.charCodeAt(at)) >>> 0;
  return sum;
}
