import type { Chunk, ParentChunk } from '../../domain/chunk.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
import { EngineMismatch } from '../../domain/errors.ts';
import type { DocumentWrite } from '../document-store.ts';

/** Vectors laid end to end, in the order of their fingerprints: one buffer to hand to another thread. */
export interface PackedVectors {
  readonly fingerprints: readonly string[];
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** Chunks, with their fingerprints and vectors in the same order. */
export interface PackedChunks extends PackedVectors {
  readonly chunks: readonly Chunk[];
  readonly parents: readonly ParentChunk[];
}

/** A DocumentWrite as it goes to the writer's thread. */
export interface PackedWrite {
  readonly record: DocumentRecord;
  readonly expected: string | undefined;
  readonly chunks?: PackedChunks;
}

/**
 * Copies the vectors once, into a buffer of their own: they may be views of a batch that is larger by far.
 * @throws {EngineMismatch} for vectors of other dimensions
 */
export function packWrite({ record, expected, chunks }: DocumentWrite, dimensions: number): PackedWrite {
  if (chunks === undefined) return { record, expected };
  const vectors = new Float32Array(chunks.chunks.length * dimensions);
  chunks.chunks.forEach(({ vector }, at) => {
    if (vector.length !== dimensions) {
      throw new EngineMismatch(
        `Cannot index document ${JSON.stringify(record.documentId)}: ` +
          `embedding has ${vector.length} dimensions, expected ${dimensions}`,
      );
    }
    vectors.set(vector, at * dimensions);
  });
  return {
    record,
    expected,
    chunks: {
      chunks: chunks.chunks.map(({ chunk }) => chunk),
      fingerprints: chunks.chunks.map(({ fingerprint }) => fingerprint),
      vectors,
      parents: chunks.parents,
    },
  };
}

export function unpackVectors({ fingerprints, vectors }: PackedVectors): Map<string, Float32Array> {
  const dimensions = vectors.length / Math.max(1, fingerprints.length);
  return new Map(
    fingerprints.map((fingerprint, at) => [
      fingerprint,
      vectors.subarray(at * dimensions, (at + 1) * dimensions),
    ]),
  );
}
