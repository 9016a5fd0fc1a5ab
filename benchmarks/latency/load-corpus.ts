import PQueue from 'p-queue';
import type { ScopeMaker } from '../../identity/scope.ts';
import type { DocumentStore } from '../../search-engine/document-store.ts';
import { type CorpusShape, documentsOf, type SyntheticTenant } from './synthetic-corpus.ts';

const concurrency = 32;

/** Writes the synthetic corpus where it is not there yet, vectors given, and returns how many documents it wrote. */
export async function loadCorpus(
  documents: DocumentStore,
  scopes: ScopeMaker,
  tenants: readonly SyntheticTenant[],
  shape: CorpusShape,
  onDocument: (done: number) => void,
): Promise<number> {
  const queue = new PQueue({ concurrency });
  let written = 0;
  const failures: unknown[] = [];
  for (const tenant of tenants) {
    const scope = scopes.operator(tenant.tenantId);
    const last = [...documentsOf({ ...tenant, chunks: 0 }, shape)].length;
    const count = Math.ceil(tenant.chunks / shape.chunksPerDocument);
    // The last document is written last: where it is there, so are the others.
    if (last === 0 && (await documents.record(scope, `document-${count - 1}`)) !== undefined) continue;
    for (const write of documentsOf(tenant, shape)) {
      if (failures.length > 0) throw failures[0];
      await queue.onSizeLessThan(concurrency * 2);
      queue
        .add(async () => {
          const stored = await documents.record(scope, write.record.documentId);
          await documents.replace(scope, { ...write, expected: stored?.revision });
          written += 1;
          onDocument(written);
        })
        .catch((error: unknown) => failures.push(error));
    }
    await queue.onIdle();
    if (failures.length > 0) throw failures[0];
    await documents.refresh(scope);
  }
  return written;
}
