import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { ModelUnavailable } from '../../domain/errors.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EmbeddingModel } from '../embedding-model.ts';
import { createBatchQueue } from './batch-queue.ts';
import { openOnnxSession } from './onnx-session.ts';
import { openOnnxThread } from './onnx-thread.ts';
import { type EncodedText, loadWordPieceTokenizer } from './word-piece.ts';

/** An embedding model that holds a thread until it is closed; the thread alone does not keep a process alive. */
export interface LocalEmbeddingModel extends EmbeddingModel {
  close(): Promise<void>;
}

const modelId = 'local/all-MiniLM-L6-v2';
const dimensions = 384;
const maxInputTokens = 256;

/** Given to the thread together; another caller waits for no more than these: about 50 ms on 2 cores. */
const maxBatchTokens = 512;
/** One batch is in work and one waits, so that the thread does not. */
const batchesAtOnce = 2;
/** More threads than this cost more than they bring in a model so small. */
const maxThreads = 4;
/** Texts tokenised between two looks at what else there is to do. */
const textsPerTurn = 64;

/**
 * Loads all-MiniLM-L6-v2 with 8-bit weights from `folder` (`assets/all-MiniLM-L6-v2`).
 * @throws {ModelUnavailable} when files are missing or damaged
 */
export async function createLocalEmbeddingModel(options: {
  readonly folder: string;
  readonly telemetry: Telemetry;
}): Promise<LocalEmbeddingModel> {
  const { folder, telemetry } = options;
  const threads = Math.min(availableParallelism(), maxThreads);
  const [tokenizer, forPassages, forQueries] = await Promise.all([
    explained(folder, loadWordPieceTokenizer(folder)),
    openOnnxThread({ folder, threads, sharesCores: true }),
    explained(folder, openOnnxSession({ folder, threads, sharesCores: false })),
  ]);
  const queue = createBatchQueue(
    (texts: readonly (readonly number[])[]) => forPassages.run(texts),
    batchesAtOnce,
  );

  return {
    id: modelId,
    dimensions,
    maxInputTokens,
    maxTextsPerCall: Number.MAX_SAFE_INTEGER,
    maxTextsAtOnce: 256,
    tokenizer,

    async embedPassages(texts, { signal, onUsage } = {}) {
      signal?.throwIfAborted();
      const encoded: EncodedText[] = [];
      for (const text of texts) {
        encoded.push(tokenizer.encode(text, maxInputTokens));
        if (encoded.length % textsPerTurn === 0) await setImmediate();
      }
      const vectors = await queue.add(batchesOf(encoded.map(({ ids }) => ids)), signal);
      const truncated = encoded.filter(({ isTruncated }) => isTruncated).length;
      const tokens = encoded.reduce((sum, { ids }) => sum + ids.length, 0);
      if (tokens > 0) onUsage?.({ model: modelId, kind: 'embedding', amount: tokens });
      return { vectors, truncated, tokens };
    },

    async embedQuery(text, { signal, onUsage } = {}) {
      signal?.throwIfAborted();
      const { ids, isTruncated } = tokenizer.encode(text, maxInputTokens);
      // In this thread: a run takes about 2 ms, and a hop to another and back can cost as much on a busy machine.
      const vector = await forQueries.run(ids);
      if (isTruncated) telemetry.count('truncated_texts');
      onUsage?.({ model: modelId, kind: 'embedding', amount: ids.length });
      return vector;
    },

    async close() {
      await Promise.all([forPassages.close(), forQueries.release()]);
    },
  };
}

async function explained<Loaded>(folder: string, loading: Promise<Loaded>): Promise<Loaded> {
  try {
    return await loading;
  } catch (error) {
    throw new ModelUnavailable(`Cannot load the local model from "${folder}": ${error}`, { cause: error });
  }
}

function batchesOf(texts: readonly (readonly number[])[]): (readonly number[])[][] {
  const batches: (readonly number[])[][] = [];
  let tokens = Number.POSITIVE_INFINITY;
  for (const ids of texts) {
    tokens += ids.length;
    if (tokens > maxBatchTokens) {
      batches.push([]);
      tokens = ids.length;
    }
    batches.at(-1)!.push(ids);
  }
  return batches;
}
