import { parentPort, workerData } from 'node:worker_threads';
import { packError } from './engine-failure.ts';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './operations.ts';
import { createReader } from './reader.ts';
import { createWriter } from './writer.ts';

// Entry of a worker thread: runs one operation at a time, in the order in which they come.

const settings: WorkerSettings = workerData;
const { operations, close } = settings.role === 'reader' ? createReader(settings) : createWriter(settings);
const byName = new Map<string, (...parameters: unknown[]) => unknown>(Object.entries(operations));

function answer(operation: string, parameters: readonly unknown[]): WorkerReply {
  try {
    return { result: byName.get(operation)?.(...parameters) };
  } catch (error) {
    return { error: packError(error) };
  }
}

parentPort?.on('message', (request: WorkerRequest) => {
  if ('close' in request) {
    close();
    parentPort?.close();
    return;
  }
  const reply = answer(request.operation, request.parameters);
  parentPort?.postMessage(reply, buffersOf(reply));
});

/** Vectors go to the other thread without a copy. */
function buffersOf(reply: WorkerReply): ArrayBuffer[] {
  const result = 'result' in reply ? reply.result : undefined;
  const isPacked = typeof result === 'object' && result !== null && 'vectors' in result;
  return isPacked && result.vectors instanceof Float32Array && result.vectors.buffer instanceof ArrayBuffer
    ? [result.vectors.buffer]
    : [];
}
