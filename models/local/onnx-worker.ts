import { parentPort, workerData } from 'node:worker_threads';
import { openOnnxSession, type SessionSettings } from './onnx-session.ts';

/** Texts for the thread: the token ids of each. */
export interface WorkerRequest {
  readonly id: number;
  readonly texts: readonly (readonly number[])[];
}

/** `error` says why there are no vectors. */
export type WorkerReply =
  | { readonly id: number; readonly vectors: Float32Array[] }
  | { readonly id: number; readonly error: string };

const session = await openOnnxSession(workerData as SessionSettings);

async function embed(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (const ids of texts) vectors.push(await session.run(ids));
  return vectors;
}

function send(reply: WorkerReply): void {
  parentPort?.postMessage(reply);
}

parentPort?.on('message', ({ id, texts }: WorkerRequest) => {
  embed(texts).then(
    (vectors) => send({ id, vectors }),
    (error: unknown) => send({ id, error: String(error) }),
  );
});
// The first message says that the model is loaded.
parentPort?.postMessage('ready');
