import { Worker } from 'node:worker_threads';

/** Watches a process from a thread beside its own, which may be busy for as long as a document wants. */
export interface ProcessGuard {
  /** From now on the process is killed when it takes too much. */
  watchMemory(): void;
  /** An idle process is not woken up. */
  rest(): void;
}

const memoryCheckMs = 5;
/** So much can be taken between two checks, and the bound holds all the same. */
const stopShare = 15 / 16;

const guard = `
  const { parentPort, workerData } = require('node:worker_threads');
  const kill = () => process.kill(process.pid, 'SIGKILL');
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) kill(); }, 1000);
  let timer;
  parentPort.on('message', (isWatched) => {
    clearInterval(timer);
    if (isWatched) timer = setInterval(() => { if (process.memoryUsage.rss() > workerData) kill(); }, ${memoryCheckMs});
  });`;

/**
 * Kills this process when its parent has gone, of which a parser that loops never hears, or, while it is watched, when
 * it takes more memory than it may.
 * @param maxMemoryBytes resident bytes of the whole process
 */
export function guardProcess(maxMemoryBytes: number): ProcessGuard {
  const worker = new Worker(guard, { eval: true, workerData: Math.floor(maxMemoryBytes * stopShare) });
  worker.unref();
  return {
    watchMemory: () => worker.postMessage(true),
    rest: () => worker.postMessage(false),
  };
}
