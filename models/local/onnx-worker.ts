import { parentPort, workerData } from 'node:worker_threads';
import { openOnnxSession, type SessionSettings } from './onnx-session.ts';

/** Texts for the thread, the token ids of each; or its end, once the text in work is done. */
export type WorkerRequest =
  | { readonly id: number; readonly texts: readonly (readonly number[])[] }
  | { readonly close: true };

/** `error` says why there are no vectors. */
export type WorkerReply =
  | { readonly id: number; readonly vectors: Float32Array[] }
  | { readonly id: number; readonly error: string };

const session = await openOnnxSession(workerData as SessionSettings);

let isClosed = false;

async function embed(texts: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (const ids of texts) {
    if (isClosed) throw new Error('it is closed');
    vectors.push(await session.run(ids));
  }
  return vectors;
}

function send(reply: WorkerReply): void {
  parentPort?.postMessage(reply);
}

parentPort?.on('message', (request: WorkerRequest) => {
  if ('close' in request) {
    isClosed = true;
    // With its port the thread has nothing left to wait for but the run that is under way.
    parentPort?.close();
    return;
  }
  const { id, texts } = request;
  embed(texts).then(
    (vectors) => send({ id, vectors }),
    (error: unknown) => send({ id, error: String(error) }),
  );
});
// The first message says that the model is loaded.
parentPort?.postMessage('ready');
