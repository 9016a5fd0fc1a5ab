import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Braid } from '../../braid.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { IngestProgress } from '../../domain/ingest.ts';
import type { Scope } from '../../domain/scope.ts';
import { createChooseChunker } from '../../ingest/choose-chunker.ts';
import { createIngest, createRecipeOf } from '../../ingest/ingest.ts';
import { createIngestSource } from '../../ingest/ingest-source.ts';
import type { EmbeddingModel } from '../../models/embedding-model.ts';
import type { Source } from '../../sources/source.ts';
import type { ChunkingConfiguration } from './chunking-configurations.ts';
import { plainTextParser } from './parse-plain-text.ts';
import type { CachingModel } from './vector-cache.ts';

/** The part of a Braid that the benchmark uses. */
export type MeasuredBraid = Pick<
  Braid,
  'pipeline' | 'documents' | 'embeddingModel' | 'scopes' | 'telemetry' | 'close'
>;

/** Opens a Braid on the embedded engine over a folder of its own. */
export type OpenBraid = (folder: string) => Promise<MeasuredBraid>;

/** What an index of one configuration is and cost. */
export interface IndexAccount {
  readonly documents: number;
  readonly chunks: number;
  readonly chunksPerDocument: number;
  /** Mean of what is embedded for a chunk, by the model's tokenizer. */
  readonly tokensPerChunk: number;
  /** Texts embedded only to find where chunks end. */
  readonly breakpointTexts: number;
  /** Of the engine's files. */
  readonly indexBytes: number;
  readonly seconds: {
    /** The model's time for all texts, as measured when it embedded them. */
    readonly embedding: number;
    /** Cutting and storing. */
    readonly other: number;
  };
}

const tenantId = 'benchmark';
const concurrency = 8;

/**
 * Takes a corpus in by one configuration, measures on it, and removes it.
 * @throws {InvalidInput} where a document that has text is refused: the figures would be those of another corpus
 */
export async function onIndex<T>(
  { chunking }: ChunkingConfiguration,
  source: Source,
  folder: string,
  openBraid: OpenBraid,
  model: CachingModel,
  onProgress: (progress: IngestProgress) => void,
  measure: (braid: MeasuredBraid, reader: Scope, owner: Scope) => Promise<T>,
): Promise<{ readonly measured: T; readonly account: IndexAccount }> {
  await rm(folder, { recursive: true, force: true });
  const braid = await openBraid(folder);
  let isOpen = true;
  const close = async () => {
    if (isOpen) await braid.close();
    isOpen = false;
  };
  try {
    const owner = braid.scopes.operator(tenantId);
    model.takeAccount();
    const startedAt = performance.now();
    const report = await ingestSourceOf(braid, chunking, model)(owner, source, { onProgress });
    const seconds = (performance.now() - startedAt) / 1_000;
    const refusal = report.refusals.find(({ reason }) => reason !== 'empty');
    if (refusal !== undefined) {
      throw new InvalidInput('dataset', `Cannot measure: "${refusal.name}" is refused, ${refusal.message}`);
    }
    await braid.documents.refresh(owner);
    const embedding = model.takeAccount();
    const tokens = await tokensOf(braid, owner);
    const measured = await measure(braid, braid.scopes.reader(tenantId), owner);
    await close();
    const documents = report.documents.indexed;
    return {
      measured,
      account: {
        documents,
        chunks: report.chunks,
        chunksPerDocument: report.chunks / documents,
        tokensPerChunk: tokens / report.chunks,
        breakpointTexts: report.breakpointTexts,
        indexBytes: await sizeOf(folder),
        seconds: { embedding: embedding.seconds, other: Math.max(0, seconds - embedding.spent) },
      },
    };
  } finally {
    await close();
    await rm(folder, { recursive: true, force: true });
  }
}

function ingestSourceOf(
  { documents, telemetry }: MeasuredBraid,
  chunking: ChunkingConfiguration['chunking'],
  model: EmbeddingModel,
) {
  const chooseChunker = createChooseChunker(chunking, model);
  const ports = { parser: plainTextParser, chooseChunker, model, documents, telemetry };
  return createIngestSource(
    { ingest: createIngest(ports), documents, recipeOf: createRecipeOf(ports), telemetry },
    { concurrency, maxMissingPercentage: 0 },
  );
}

/** How many tokens all chunks have. */
async function tokensOf({ documents }: MeasuredBraid, owner: Scope): Promise<number> {
  let tokens = 0;
  let after: string | undefined;
  do {
    const page = await documents.list(owner, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    for (const { documentId } of page.records) {
      for (const chunk of await documents.chunks(owner, documentId)) tokens += chunk.tokens;
    }
    after = page.next;
  } while (after !== undefined);
  return tokens;
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
