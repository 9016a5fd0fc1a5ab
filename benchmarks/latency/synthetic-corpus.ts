import { createHash } from 'node:crypto';
import { chunkIdOf } from '../../domain/chunk.ts';
import type { DocumentRecord } from '../../domain/document-record.ts';
import type { DocumentWrite, EmbeddedChunk } from '../../search-engine/document-store.ts';
import { createRandom, type Random } from '../statistics/seeded-random.ts';

/** A tenant and how many chunks it gets. */
export interface SyntheticTenant {
  readonly tenantId: string;
  readonly chunks: number;
}

export interface CorpusShape {
  readonly chunks: number;
  readonly tenants: number;
  readonly dimensions: number;
  /** Chunks a document. */
  readonly chunksPerDocument: number;
}

/** The number in each document's metadata that filters of known selectivity ask for, 0 to 999 and evenly spread. */
export const shareKey = 'share';
export const shares = 1_000;

const vocabulary = 20_000;
const wordsPerChunk = 60;
const topics = 64;

/** Sizes by Zipf's law: the n-th tenant has 1/n of the first one's chunks, at least one document. */
export function tenantsOf({ chunks, tenants, chunksPerDocument }: CorpusShape): SyntheticTenant[] {
  const weights = Array.from({ length: tenants }, (_, at) => 1 / (at + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, at) => ({
    tenantId: `tenant-${String(at + 1).padStart(4, '0')}`,
    chunks: Math.max(1, Math.round((chunks * weight) / total / chunksPerDocument)) * chunksPerDocument,
  }));
}

/** Writes of a tenant's documents, the same for the same shape: words by Zipf's law, vectors around a few topics. */
export function* documentsOf(tenant: SyntheticTenant, shape: CorpusShape): Generator<DocumentWrite> {
  const random = createRandom(seedOf(tenant.tenantId));
  const documents = Math.ceil(tenant.chunks / shape.chunksPerDocument);
  for (let at = 0; at < documents; at += 1) {
    const documentId = `document-${at}`;
    const chunks = Array.from({ length: shape.chunksPerDocument }, (_, ordinal): EmbeddedChunk => {
      const text = textOf(random, wordsPerChunk);
      return {
        chunk: {
          chunkId: chunkIdOf(tenant.tenantId, documentId, ordinal),
          documentId,
          ordinal,
          text,
          headingPath: [],
          start: 0,
          end: text.length,
          tokens: wordsPerChunk,
        },
        fingerprint: `${tenant.tenantId}-${at}-${ordinal}`,
        vector: vectorOf(random, shape.dimensions),
      };
    });
    yield {
      record: recordOf(tenant.tenantId, documentId, at, chunks.length),
      expected: undefined,
      chunks: { chunks, parents: [] },
    };
  }
}

/** A text of so many words, the frequent ones most often. */
export function textOf(random: Random, words: number): string {
  return Array.from({ length: words }, () => `word${Math.floor(vocabulary ** random())}`).join(' ');
}

/** A vector of length 1 near one of the topics. */
export function vectorOf(random: Random, dimensions: number): Float32Array {
  const topic = createRandom(1_000_003 + Math.floor(random() * topics));
  const vector = Float32Array.from({ length: dimensions }, () => topic() - 0.5 + 1.2 * (random() - 0.5));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function recordOf(tenantId: string, documentId: string, at: number, chunks: number): DocumentRecord {
  const hash = createHash('sha256').update(`${tenantId} ${documentId}`).digest('hex');
  const part = { version: 1n, deleted: false, eventHash: hash };
  return {
    tenantId,
    documentId,
    source: 'benchmark',
    content: {
      ...part,
      contentHash: hash,
      mediaType: 'text/plain',
      title: `Title ${at}`,
      bytes: 1,
      claimed: {},
    },
    // 7,919 is prime to 1,000: each value comes as often as any other, and neighbours are far apart.
    metadata: { ...part, value: { [shareKey]: (at * 7_919) % shares, kind: at % 2 === 0 ? 'even' : 'odd' } },
    chunks,
    recipe: 'benchmark',
    updatedAt: '2026-01-01T00:00:00.000Z',
  };
}

function seedOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}
