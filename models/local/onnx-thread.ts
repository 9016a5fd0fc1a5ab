import { Worker } from 'node:worker_threads';
import { ModelUnavailable } from '../../domain/errors.ts';
import type { SessionSettings } from './onnx-session.ts';
import type { WorkerReply, WorkerRequest } from './onnx-worker.ts';

/** The model in a thread of its own. */
export interface OnnxThread {
  /**
   * @param texts token ids of each text
   * @returns one vector a text, in order
   * @throws {ModelUnavailable}
   */
  run(texts: readonly (readonly number[])[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(vectors: Float32Array[]): void;
  reject(error: Error): void;
}

/**
 * Loads the model in a thread of its own, so that a run holds no one up. The thread does not keep the process alive
 * while nothing is asked of it.
 * @throws {ModelUnavailable} when the model cannot be loaded
 */
export async function openOnnxThread(settings: SessionSettings): Promise<OnnxThread> {
  // The built program has .js files beside each other as the sources have .ts.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./onnx-worker.${extension}`, import.meta.url), { workerData: settings });
  const waiting = new Map<number, Waiting>();
  let failure: ModelUnavailable | undefined;
  let nextId = 0;
  let isEnded = false;
  worker.once('exit', () => {
    isEnded = true;
  });

  const fail = (message: string, cause?: unknown): ModelUnavailable => {
    failure ??= new ModelUnavailable(message, { cause });
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    return failure;
  };
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', (error) => reject(fail(`Cannot run the local model: ${error}`, error)));
    worker.once('exit', (code) =>
      reject(fail(`Cannot run the local model: its thread ended with status ${code}`)),
    );
  });
  worker.on('message', (reply: WorkerReply) => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker.unref();
    if ('error' in reply) {
      request?.reject(new ModelUnavailable(`Cannot run the local model: ${reply.error}`));
    } else {
      request?.resolve(reply.vectors);
    }
  });
  // After the listener, which refs the thread again.
  worker.unref();

  return {
    run: (texts) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        const request: WorkerRequest = { id: nextId, texts };
        nextId += 1;
        waiting.set(request.id, { resolve, reject });
        worker.ref();
        worker.postMessage(request);
      }),

    async close() {
      fail('Cannot run the local model: it is closed');
      if (isEnded) return;
      const ended = new Promise<void>((resolve) => {
        worker.once('exit', () => resolve());
      });
      worker.ref();
      // Never terminated: a thread that is stopped within the runtime's own code takes the process with it.
      worker.postMessage({ close: true } satisfies WorkerRequest);
      await ended;
    },
  };
}
