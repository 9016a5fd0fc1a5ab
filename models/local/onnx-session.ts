import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface SessionSettings {
  /** With `model.int8.onnx`. */
  readonly folder: string;
  /** Threads that work on one run together. */
  readonly threads: number;
  /**
   * True: the threads soon give their cores to others where they wait, and take work in small blocks, so that one
   * that loses its core holds up the others less. On 2 busy cores that embeds twice as many texts.
   * False: they wait busily for milliseconds, which makes a single short run on an idle machine faster.
   */
  readonly sharesCores: boolean;
}

/** The loaded model. */
export interface OnnxSession {
  /**
   * Holds the thread that calls it until the vector is there. One text a run: 8-bit weights take the range of
   * numbers from all that is in a run, so that a text's vector would else depend on the texts beside it.
   * @param ids tokens of the text, special tokens included
   */
  run(ids: readonly number[]): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Loads the model. */
export async function openOnnxSession(settings: SessionSettings): Promise<OnnxSession> {
  const session = await InferenceSession.create(path.join(settings.folder, 'model.int8.onnx'), {
    intraOpNumThreads: settings.threads,
    ...(settings.sharesCores && {
      extra: { session: { dynamic_block_base: '4', intra_op: { spin_duration_us: '20' } } },
    }),
  });
  return {
    async run(ids) {
      const shape = [1, ids.length];
      const output = await session.run(
        {
          input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
          attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
        },
        ['sentence_embedding'],
      );
      const { data } = output.sentence_embedding!;
      if (!(data instanceof Float32Array))
        throw new TypeError('Expected sentence_embedding to be 32-bit floats');
      // A copy, since the runtime's own memory cannot be handed to another thread.
      return data.slice();
    },
    release: () => session.release(),
  };
}
