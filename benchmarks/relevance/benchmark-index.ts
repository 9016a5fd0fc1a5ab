import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InvalidInput } from '../../domain/errors.ts';
import type { IngestReport } from '../../domain/ingest.ts';
import type { ScopeMaker } from '../../identity/scope.ts';
import type { Pipeline } from '../../pipeline.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { createCorpusSource } from './corpus-source.ts';
import type { Dataset } from './read-dataset.ts';

/** Settings of the benchmark's own Braid, over those of the caller. */
export interface BenchmarkSettings {
  readonly engine: 'sqlite' | 'opensearch';
  readonly data: string;
  readonly opensearch: { readonly indexPrefix: string };
  /** What is measured is what the configuration says, whatever defaults the caller's searches have. */
  readonly search: Readonly<Record<string, never>>;
}

/** The part of a Braid that the benchmark uses. */
export interface MeasuredBraid {
  readonly pipeline: Pick<Pipeline, 'ingest' | 'search'>;
  readonly documents: Pick<DocumentStore, 'refresh' | 'list'>;
  readonly scopes: ScopeMaker;
  close(): Promise<void>;
}

/** Where the index of a dataset is kept, and what makes it another. */
export interface IndexOptions {
  readonly engine: 'sqlite' | 'opensearch';
  /** Folder under which the benchmark keeps its index. @default ".braid" */
  readonly data?: string;
  /** Whatever changes what is indexed, chunking and embedding model: each recipe has its own index. */
  readonly recipe?: unknown;
}

/** The tenant of each benchmark's own index. */
export const benchmarkTenant = 'benchmark';

/** One index for each corpus and recipe, so that text statistics are the corpus's own and a second run finds it. */
export function indexSettings(options: IndexOptions, dataset: Dataset): BenchmarkSettings {
  const key = createHash('sha256')
    .update(JSON.stringify([dataset.corpusHash, options.recipe ?? null]))
    .digest('hex')
    .slice(0, 12);
  const name = dataset.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return {
    engine: options.engine,
    data: join(options.data ?? '.braid', 'benchmarks', `${name}-${key}`),
    opensearch: { indexPrefix: `braid-bench-${name.slice(0, 40)}-${key}` },
    search: {},
  };
}

/** Takes a dataset's corpus in, as every other document; what is there already is left as it is. */
export async function indexCorpus(
  braid: MeasuredBraid,
  dataset: Dataset,
  onDocument: (done: number) => void,
): Promise<IngestReport> {
  const owner = braid.scopes.operator(benchmarkTenant);
  const ingest = await braid.pipeline.ingest(owner, createCorpusSource(dataset.corpusFile), {
    onProgress: ({ done }) => onDocument(done),
  });
  await braid.documents.refresh(owner);
  return ingest;
}

/** What a tenant holds: the ids of its live documents, and a hash of these and their contents. */
export async function listIndex(
  braid: Pick<MeasuredBraid, 'documents' | 'scopes'>,
  tenantId: string,
): Promise<{ readonly ids: ReadonlySet<string>; readonly hash: string }> {
  const scope = braid.scopes.operator(tenantId);
  const ids = new Set<string>();
  const hash = createHash('sha256');
  let after: string | undefined;
  do {
    const page = await braid.documents.list(scope, {
      limit: 1_000,
      deleted: false,
      ...(after !== undefined && { after }),
    });
    for (const { documentId, content } of page.records) {
      ids.add(documentId);
      hash.update(JSON.stringify([documentId, content?.contentHash ?? null]));
    }
    after = page.next;
  } while (after !== undefined);
  if (ids.size === 0) {
    throw new InvalidInput('tenant', `Expected tenant "${tenantId}" to hold documents, got none`);
  }
  return { ids, hash: hash.digest('hex') };
}
