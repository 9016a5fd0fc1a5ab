import { fileURLToPath } from 'node:url';
import { createRandom } from '../../../benchmarks/statistics/seeded-random.ts';
import { createLocalEmbeddingModel, type LocalEmbeddingModel } from '../../../models/local/minilm.ts';
import { silentTelemetry } from '../../../telemetry/telemetry.ts';

/** Makes real vectors of any length asked for, and counts tokens. */
export interface TextEmbedder {
  embed(texts: readonly string[], dimensions: number): Promise<Float32Array[]>;
  countTokens(text: string): Promise<number>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('../../../assets/all-MiniLM-L6-v2', import.meta.url));

/**
 * Embeds with the local model, loaded on first use, and carries its 384 numbers over to the dimensions asked for by a
 * fixed rotation: with more dimensions than 384 zeros are added first, so that every cosine stays as it was; with
 * fewer, the first coordinates of the rotated vector are kept, so that a cosine stays within about 1/sqrt(dimensions).
 */
export function createTextEmbedder(): TextEmbedder {
  let loading: Promise<LocalEmbeddingModel> | undefined;
  const model = () => {
    loading ??= createLocalEmbeddingModel({ folder, telemetry: silentTelemetry });
    return loading;
  };
  return {
    async embed(texts, dimensions) {
      const { vectors } = await (await model()).embedPassages(texts);
      return vectors.map((vector) => carryOver(vector, dimensions));
    },
    async countTokens(text) {
      const { tokenizer } = await model();
      return tokenizer.count(text) + tokenizer.specialTokens;
    },
    async close() {
      await (await loading)?.close();
    },
  };
}

const mirrors = new Map<number, Float64Array[]>();

/** Rotates by two reflections, each at a fixed random hyperplane; keeps the length at 1. */
export function carryOver(vector: Float32Array, dimensions: number): Float32Array {
  const size = Math.max(vector.length, dimensions);
  const rotated = new Float64Array(size);
  rotated.set(vector);
  for (const mirror of mirrorsOf(size)) {
    let along = 0;
    for (let at = 0; at < size; at += 1) along += rotated[at]! * mirror[at]!;
    for (let at = 0; at < size; at += 1) rotated[at] = rotated[at]! - 2 * along * mirror[at]!;
  }
  const kept = rotated.subarray(0, dimensions);
  const length = Math.hypot(...kept) || 1;
  return Float32Array.from(kept, (value) => value / length);
}

function mirrorsOf(size: number): Float64Array[] {
  let found = mirrors.get(size);
  if (found === undefined) {
    found = [1, 2].map((seed) => {
      const random = createRandom(seed);
      const normal = Float64Array.from({ length: size }, () => random() + random() + random() - 1.5);
      const length = Math.hypot(...normal);
      return normal.map((value) => value / length);
    });
    mirrors.set(size, found);
  }
  return found;
}
